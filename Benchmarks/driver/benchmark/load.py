"""wrk: loads over HTTP, and what they found."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from localstack.errors import StackError

from . import limits

_SCRIPTS = Path(__file__).resolve().parents[1] / "lua"
# Seconds after which wrk counts an answer as missing.
_TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Load:
    """The findings of one run."""

    requests: int
    seconds: float
    median: float
    p99: float
    failures: int

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def threads(connections: int) -> int:
    return min(connections, limits.LOAD_THREADS)


def run(url: str, script: str, connections: int, arguments: list[str], seconds: int = limits.POINT_SECONDS) -> Load:
    """Sends requests for so many seconds, or until the script stops it. Milliseconds in the findings."""
    program = shutil.which("wrk")
    if program is None:
        raise StackError("wrk is not installed. Install it: sudo apt-get install wrk")
    done = subprocess.run(
        [
            program, "--threads", str(threads(connections)), "--connections", str(connections),
            "--duration", f"{seconds}s", "--timeout", f"{_TIMEOUT_SECONDS}s", "--script", str(_SCRIPTS / script),
            url, "--", str(threads(connections)), *arguments,
        ],
        capture_output=True, text=True, check=False, timeout=seconds + limits.GRACE_SECONDS,
    )
    if done.returncode != 0:
        raise StackError(f"wrk failed:\n{done.stderr.strip() or done.stdout.strip()}")
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return Load(
        requests=found["requests"], seconds=found["microseconds"] / 1e6, median=found["median"] / 1000,
        p99=found["p99"] / 1000,
        failures=sum(found[name] for name in ("connect", "read", "write", "status", "timeout")),
    )


def failed(what: str, found: Load, more: str) -> StackError:
    """A run whose figures would mean nothing."""
    return StackError(f"{what}: {found.requests} answers, {found.failures} failures, {more}.")
