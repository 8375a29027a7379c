"""auth/resolve with a live token: beside the bare hop of the same two services, and with a hundred times the table."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from localstack.api import API
from localstack.errors import StackError

from . import limits, load, processes
from .bench_stack import BenchStack
from .limits import at_least, at_most
from .load import Load
from .table import Figure, milliseconds, rate, ratio

PREFIX = "bench-app"
# Everyone's grants are fetched with as many callers.
_WARM_UP_CONNECTIONS = 64
# Answers looked at one by one before anything is measured.
_CHECKED = 50


@dataclass(frozen=True)
class Cost:
    """Microseconds of processor time per answer."""

    gateway: float
    vault: float
    postgres: float


@dataclass
class Series:
    """The runs of one kind, by connections."""

    loads: dict[int, list[Load]] = field(default_factory=dict)
    costs: dict[int, list[Cost]] = field(default_factory=dict)

    def add(self, connections: int, load: Load, cost: Cost) -> None:
        self.loads.setdefault(connections, []).append(load)
        self.costs.setdefault(connections, []).append(cost)

    def middle(self, connections: int) -> Load:
        loads = sorted(self.loads[connections], key=lambda load: load.per_second)
        return loads[len(loads) // 2]

    def p99(self, connections: int) -> float:
        return statistics.median(load.p99 for load in self.loads[connections])

    def cost(self, connections: int) -> Cost:
        costs = self.costs[connections]
        names = ("gateway", "vault", "postgres")
        return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in names))


class Vault:
    """A stack whose vault holds some number of Connections, 10,000 of which are asked for."""

    def __init__(self, stack: BenchStack, connections: int):
        self.connections = connections
        self._stack = stack
        self._pairs = stack.pairs(PREFIX, limits.APPLICATIONS, stack.people)
        self._pids = {**stack.running.pids, "postgres": processes.postmaster(stack.stack.layout.data)}

    def check(self) -> None:
        """Every answer must be a token, or a fast refusal would count as a good answer."""
        for line in self._pairs.read_text(encoding="utf-8").splitlines()[:: limits.SMALL_TABLE // _CHECKED]:
            token, _, application = line.partition("\t")
            answer = API(self._stack.gateway, token).resolve(
                {"id": application, "appId": application}, integrationId=self._stack.integration["id"])
            if answer["status"] != "ready":
                raise StackError(f"auth/resolve answered {answer['status']} for a seeded Connection.")

    def warm_up(self) -> None:
        """Fetches the grants of all 10,000, as they would be held in steady use."""
        self._load("once", _WARM_UP_CONNECTIONS, limits.WARM_UP_SECONDS)

    def resolve(self, connections: int) -> tuple[Load, Cost]:
        before = self._stack.released()
        found, cost = self._timed(lambda: self._load("random", connections, limits.RESOLVE_POINT_SECONDS))
        released = self._stack.released() - before
        if found.failures or released < found.requests:
            raise StackError(
                f"{found.requests} answers, {found.failures} failures, {released} releases in the audit trail.")
        return found, cost

    def hop(self, connections: int) -> tuple[Load, Cost]:
        found, cost = self._timed(
            lambda: load.run(
                f"{self._stack.gateway}/measure/echo", "plain.lua", connections, [], limits.RESOLVE_POINT_SECONDS)
        )
        if found.failures:
            raise StackError(f"{found.failures} of the bare hop's calls failed.")
        return found, cost

    def _load(self, mode: str, connections: int, seconds: int) -> Load:
        arguments = [str(self._pairs), self._stack.integration["id"], mode]
        return load.run(self._stack.gateway, "resolve.lua", connections, arguments, seconds)

    def _timed(self, run: Callable[[], Load]) -> tuple[Load, Cost]:
        before = self._seconds()
        found = run()
        after = self._seconds()
        return found, Cost(*((later - sooner) / max(found.requests, 1) * 1e6 for sooner, later in zip(before, after)))

    def _seconds(self) -> tuple[float, float, float]:
        return (
            processes.processor_seconds(self._pids["gateway"]), processes.processor_seconds(self._pids["vault"]),
            processes.family_seconds(self._pids["postgres"]),
        )


def run(small: Vault, large: Vault, say: Callable[[str], None]) -> list[Figure]:
    """Hop, small table and large table take turns within each round, the tables with the grants just fetched."""
    hop, few, many = Series(), Series(), Series()
    small.check()
    large.check()
    for number in range(1, limits.RESOLVE_ROUNDS + 1):
        say(f"auth/resolve, round {number} of {limits.RESOLVE_ROUNDS}")
        for connections in limits.CONNECTIONS:
            hop.add(connections, *small.hop(connections))
        for vault, series in ((small, few), (large, many)):
            began = time.monotonic()
            vault.warm_up()
            for connections in limits.CONNECTIONS:
                series.add(connections, *vault.resolve(connections))
            if time.monotonic() - began > limits.GRANT_SECONDS:
                say("This round took longer than grants are kept: its figures hold calls to policy as well")
    return [*_beside_hop(few, hop), *_by_table_size(few, many, small.connections, large.connections)]


def _beside_hop(few: Series, hop: Series) -> list[Figure]:
    figures = []
    for connections in limits.CONNECTIONS:
        ours, bare = few.middle(connections), hop.middle(connections)
        value = statistics.median(
            a.per_second / b.per_second for a, b in zip(few.loads[connections], hop.loads[connections]))
        bar = at_least(limits.RESOLVE_BAR) if connections == limits.RESOLVE_BAR_CONNECTIONS else None
        figures.append(
            ratio(
                f"auth/resolve, {_connections(connections)}",
                f"{rate(ours.per_second)}, p50 {milliseconds(ours.median)}, p99 {milliseconds(ours.p99)}",
                f"bare hop {rate(bare.per_second)}, p50 {milliseconds(bare.median)}, p99 {milliseconds(bare.p99)}",
                value, bar,
            )
        )
    most = limits.CONNECTIONS[-1]
    figures.append(
        Figure(
            f"  processor time per answer, {_connections(most)}", _cost(few.cost(most)),
            f"bare hop {_cost(hop.cost(most))}",
        )
    )
    return figures


def _by_table_size(few: Series, many: Series, small: int, large: int) -> list[Figure]:
    figures = []
    for connections in limits.CONNECTIONS:
        figures.append(
            ratio(
                f"p99 with {large:,} Connections, {_connections(connections)}", _lateness(many, connections),
                f"{small:,} Connections: {_lateness(few, connections)}", many.p99(connections) / few.p99(connections),
                at_most(limits.TABLE_SIZE_BAR),
            )
        )
    most = limits.CONNECTIONS[-1]
    figures.append(
        Figure(
            f"  processor time per answer, {_connections(most)}", _cost(many.cost(most)),
            f"{small:,} Connections: {_cost(few.cost(most))}",
        )
    )
    return figures


def _lateness(series: Series, connections: int) -> str:
    return f"{milliseconds(series.p99(connections))} at {rate(series.middle(connections).per_second)}"


def _connections(count: int) -> str:
    return "1 connection" if count == 1 else f"{count} connections"


def _cost(cost: Cost) -> str:
    return f"gateway {cost.gateway:.0f} + vault {cost.vault:.0f} + PostgreSQL {cost.postgres:.0f} µs"
