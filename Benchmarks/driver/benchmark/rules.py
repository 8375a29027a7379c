"""Questions to access rules per second, compiled, beside a scan through all of them."""

import json
import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path

from localstack.errors import StackError

from . import limits
from .limits import at_least
from .table import Figure, rate, ratio


def run(binaries: Path, say: Callable[[str], None]) -> list[Figure]:
    """Both sides of a round run in one process, one after the other, and must agree on every answer."""
    rounds = []
    for number in range(1, limits.ROUNDS + 1):
        say(f"Access rules, round {number} of {limits.ROUNDS}")
        rounds.append(_ask(binaries / "lanyard-bench"))
    middle = sorted(rounds, key=lambda found: found["compiledPerSecond"])[len(rounds) // 2]
    value = statistics.median(found["compiledPerSecond"] / found["naivePerSecond"] for found in rounds)
    return [
        ratio(
            f"questions to {limits.RULES:,} access rules",
            f"{rate(middle['compiledPerSecond'])}, compiled in {middle['compileMilliseconds']:.1f} ms",
            f"one by one {rate(middle['naivePerSecond'])}", value, at_least(limits.RULES_BAR),
        )
    ]


def _ask(program: Path) -> dict:
    done = subprocess.run(
        [program, "rules", "--rules", str(limits.RULES), "--seconds", str(limits.RULES_SECONDS)],
        capture_output=True, text=True, check=False, timeout=2 * limits.RULES_SECONDS + limits.GRACE_SECONDS,
    )
    if done.returncode != 0:
        raise StackError(f"lanyard-bench rules failed:\n{done.stderr.strip()}")
    return json.loads(done.stdout)
