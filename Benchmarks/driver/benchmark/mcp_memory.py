"""What the gateway holds of a large answer while it passes."""

import threading
from dataclasses import dataclass

from localstack.errors import StackError
from localstack.tools import Tools, text

from . import limits, processes
from .bench_stack import BenchStack
from .limits import at_most
from .mcp_doors import open_server
from .table import Figure

# Calls before it, so that what every call needs is there already: small ones, and a stream that makes the allocator's pools grow for its pieces
# while it is too small to hide an answer that is held whole.
_WARM_UP_CALLS = 50
_WARM_UP_BYTES = 1 << 20
# One look takes some 30 µs; an answer of this size passes within tens of milliseconds.
_LOOK_SECONDS = 0.0005


def streamed(stack: BenchStack) -> Figure:
    """The gateway's anonymous memory at its peak while a large answer passes, above what it was before: the most of several answers, the
    first among them, since what it held could stay in the allocator's pools and hide what the later ones hold."""
    tools, pid = open_server(stack), stack.running.pids["gateway"]
    for _ in range(_WARM_UP_CALLS):
        tools.call("echo", text="Hello")
    _passed(tools, pid, _WARM_UP_BYTES)
    answers = [_passed(tools, pid, limits.MCP_STREAMED_BYTES) for _ in range(limits.MCP_STREAMED_ANSWERS)]
    added = max(answer.mebibytes for answer in answers)
    looks = min(answer.looks for answer in answers)
    return Figure(
        f"tools/call, {limits.MCP_STREAMED_BYTES >> 20} MiB streamed: anonymous memory added at the peak",
        f"{added:.2f} MiB, the most of {len(answers)} answers with {looks} looks or more each",
        f"the first {answers[0].mebibytes:.2f} MiB", added, f"{added:.2f} MiB", at_most(limits.MCP_MEMORY_BAR))


@dataclass(frozen=True)
class Passed:
    """What one answer added at its peak, and how often was looked."""

    mebibytes: float
    looks: int


def _passed(tools: Tools, pid: int, size: int) -> Passed:
    before, _ = processes.memory_megabytes(pid)
    peak, ended = before, threading.Event()
    looks = 0

    def watch() -> None:
        nonlocal peak, looks
        while not ended.wait(_LOOK_SECONDS):
            peak = max(peak, processes.memory_megabytes(pid)[0])
            looks += 1

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        answer = tools.call("stream", bytes=size)
    finally:
        ended.set()
        watcher.join()
    if len(text(answer)) != size:
        raise StackError("The large answer did not come through whole.")
    return Passed((peak - before) * 1e6 / (1 << 20), looks)
