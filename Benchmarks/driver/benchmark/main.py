"""The order of the measures, and the table."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from localstack.errors import StackError
from localstack.layout import Layout

from . import idle, limits, machine, mcp, postgres, refresh, resolve, rules
from .bench_stack import REPOSITORY, BenchStack
from .table import Figure, missed, render

_SERVICES = ("vault", "exchanger", "policy", "gateway", "sandbox", "lanyard")
# A clean release build takes up to 17 minutes on two busy cores.
_BUILD_SECONDS = 45 * 60
# Parts that `BENCH_ONLY` can choose, separated by commas.
_PARTS = ("rules", "postgres", "resolve", "mcp", "refresh", "idle")


def main() -> int:
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="lanyard-bench-"))
    # The database account must be able to walk through it.
    folder.chmod(0o711)
    try:
        parts = _chosen()
        binaries = _binaries(parts)
        description, figures = _measure(folder, binaries, parts)
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _show(description, figures, time.monotonic() - began)
    return 0


def _measure(folder: Path, binaries: Path, parts: set[str]) -> tuple[str, list[Figure]]:
    # Read now, before anything of ours loads the machine.
    description = machine.describe()
    figures: list[Figure] = []
    if "rules" in parts:
        figures += rules.run(binaries, _say)
    if "postgres" in parts:
        figures += postgres.PostgresBenchmark(Layout(REPOSITORY, folder / "postgres"), binaries).run(_say)
    if parts & {"resolve", "mcp", "refresh", "idle"}:
        figures += _stacks(folder, binaries, parts)
    return description, figures


def _stacks(folder: Path, binaries: Path, parts: set[str]) -> list[Figure]:
    """The measures that need all services. The first stack holds the small table, the second one the large one."""
    figures: list[Figure] = []
    stacks: list[BenchStack] = []

    def started(name: str) -> BenchStack:
        stack = BenchStack(folder / name, binaries)
        stacks.append(stack)
        stack.start()
        return stack

    try:
        small = started("small")
        if "resolve" in parts:
            large = started("large")
            figures += resolve.run(
                _filled(small, limits.SMALL_TABLE), _filled(large, limits.LARGE_TABLE), _say)
            large.stop()
            stacks.remove(large)
        if "mcp" in parts:
            figures += mcp.run(small, _say)
        if "refresh" in parts:
            figures += refresh.run(small, _say)
        if "idle" in parts:
            figures += idle.run(small.stack, small.running, binaries, _say)
        return figures
    finally:
        for stack in stacks:
            stack.stop()


def _filled(stack: BenchStack, connections: int) -> resolve.Vault:
    seconds = stack.seed(resolve.PREFIX, connections, limits.APPLICATIONS, stack.people)
    _say(f"{connections:,} Connections sealed and stored in {seconds:.0f} s")
    return resolve.Vault(stack, connections)


def _binaries(parts: set[str]) -> Path:
    """Release executables: those of `LANYARD_BINARIES`, or freshly built ones."""
    products = ["lanyard-bench"] if parts <= {"rules", "postgres"} else ["lanyard-bench", *_SERVICES]
    named = os.environ.get("LANYARD_BINARIES")
    if named:
        folder = Path(named).absolute()
    else:
        for product in products:
            _say(f"Building {product}")
            done = subprocess.run(
                ["swift", "build", "--configuration", "release", "--product", product], cwd=REPOSITORY, check=False,
                timeout=_BUILD_SECONDS, stdout=sys.stderr,
            )
            if done.returncode != 0:
                raise StackError("The build failed; see the errors above.")
        folder = REPOSITORY / ".build" / "release"
    absent = [product for product in products if not (folder / product).exists()]
    if absent:
        raise StackError(f"These executables are missing in {folder}: {', '.join(absent)}.")
    return folder


def _chosen() -> set[str]:
    wanted = set(filter(None, os.environ.get("BENCH_ONLY", "").split(","))) or set(_PARTS)
    unknown = wanted - set(_PARTS)
    if unknown:
        raise StackError(f"BENCH_ONLY: there is no {', '.join(sorted(unknown))}; there are {', '.join(_PARTS)}.")
    return wanted


def _show(description: str, figures: list[Figure], seconds: float) -> None:
    print(f"\n{description}\n\n{render(figures)}\n")
    for figure in missed(figures):
        print(f"Missed: {figure.name.strip()}: {figure.value_text} instead of {figure.bar} "
              f"({figure.bar.verdict(figure.value)}).")
    if limits.QUICK:
        print("A short run (BENCH_QUICK=1): one round, a tenth of the large table. Its figures decide nothing.")
    print(f"Measured in {seconds:.0f} s.")


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)
