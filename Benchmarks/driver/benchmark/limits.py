"""Every number of the benchmarks, with its unit and reason. The bars are promises; the rest bounds the time."""

import os
from dataclasses import dataclass

# A short run: a tenth of the large table and shorter points.
QUICK = os.environ.get("BENCH_QUICK") == "1"

# Seconds of one measured point. Long enough for a hundred audit batches and a thousand answers at one connection.
POINT_SECONDS = 3 if QUICK else 5
# Ours and the reference take turns this often; the middle of the rounds counts, so that one disturbance does not.
ROUNDS = 1 if QUICK else 3
# Seconds that any one program may take longer than it was told.
GRACE_SECONDS = 30
# Both of the machine's usual cores can generate load; more threads only take turns.
LOAD_THREADS = 2

# Access rules: as many as an organization may have.
RULES = 1_000
# Seconds for each of the two sides of a round; a second is some hundred thousand questions.
RULES_SECONDS = 1
RULES_BAR = 10.0

# PostgreSQL client.
ROWS = 100_000
PAYLOAD_BYTES = 600
PGBENCH_CLIENTS = 8
PGBENCH_THREADS = 2
# Statements that pgbench sends per pipeline: eight clients with sixteen are 128 on their way, as with 128 callers.
PIPELINE_LENGTH = 16
CALLERS = (1, 16, 128)
CLIENT_BARS = {16: 0.8, 128: 1.3}
# Microseconds of processor time per query, both sides together, at 16 and 128 callers.
PROCESSOR_BAR = 30.0

# auth/resolve.
USERS = 1_000
APPLICATIONS = 10
SMALL_TABLE = USERS * APPLICATIONS
LARGE_TABLE = 100_000 if QUICK else 1_000_000
CONNECTIONS = (1, 16, 64)
RESOLVE_BAR = 0.5
RESOLVE_BAR_CONNECTIONS = 64
TABLE_SIZE_BAR = 1.2
# Seconds that fetching the grants of all 10,000 may take.
WARM_UP_SECONDS = 20
# Seconds that the gateway keeps a grant. A round with longer points would measure calls to policy as well.
GRANT_SECONDS = 40
RESOLVE_POINT_SECONDS = 3
# More rounds than elsewhere: the p99 of a few seconds is the least steady of all figures.
RESOLVE_ROUNDS = 1 if QUICK else 5
SEED_SECONDS = 900

# Refreshes.
REFRESHED = 500 if QUICK else 2_000
REFRESH_CONNECTIONS = (16, 64)
# The provider's tokens end after this, so that a Connection has expired again when its turn comes again.
SHORT_TOKEN_SECONDS = 2
REFERENCE_TOKENS = 256

# MCP: tools/call through the gateway.
MCP_CONNECTIONS = (1, 16, 64)
MCP_POINT_SECONDS = 3
MCP_ROUNDS = 1 if QUICK else 3
MCP_BAR_CONNECTIONS = 16
# Milliseconds that the gateway may add to the median of the direct call.
MCP_ADDED_BAR = 1.0
# Processor time per call, as a multiple of what nginx takes to pass the same call on.
MCP_PROCESSOR_BAR = 3.0
MCP_STREAMED_BYTES = 10 << 20
# Answers of that size; the worst of them counts.
MCP_STREAMED_ANSWERS = 5
# Mebibytes of anonymous memory that such an answer may add at its peak.
MCP_MEMORY_BAR = 1.0

# Idle services. Megabytes (10^6 bytes) of anonymous memory, and seconds from exec to the first 200 on /readyz.
ANONYMOUS_BAR = 20.0
READY_BAR = 1.0
# Seconds after readiness at which memory is read: the start's own work is over.
IDLE_SECONDS = 2.0


@dataclass(frozen=True)
class Bar:
    """A promise about a figure."""

    value: float
    # Whether the figure must be at least (True) or at most (False) the value.
    at_least: bool

    def holds(self, figure: float) -> bool:
        return figure >= self.value if self.at_least else figure <= self.value

    def verdict(self, figure: float) -> str:
        """`holds`, or by how much it is missed."""
        if self.holds(figure):
            return "holds"
        return f"MISSED by {abs(figure - self.value) / self.value * 100:.0f} %"

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.value:g}"


def at_least(value: float) -> Bar:
    return Bar(value, True)


def at_most(value: float) -> Bar:
    return Bar(value, False)
