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

# Calls before it, small ones, so that what every call needs is there already.
_WARM_UP_CALLS = 50
# One look takes some 30 µs; an answer of this size passes within tens of milliseconds.
_LOOK_SECONDS = 0.0005


def streamed(stack: BenchStack) -> Figure:
    """The gateway's anonymous memory at its peak while a large answer passes, above what it was before: the most of several answers, each
    beside the one that came first, with which the allocator's pools grow once."""
    tools, pid = open_server(stack), stack.running.pids["gateway"]
    for _ in range(_WARM_UP_CALLS):
        tools.call("echo", text="Hello")
    first, *later = (_passed(tools, pid) for _ in range(1 + limits.MCP_STREAMED_ANSWERS))
    added = max(answer.mebibytes for answer in later)
    looks = min(answer.looks for answer in later)
    return Figure(
        f"tools/call, {limits.MCP_STREAMED_BYTES >> 20} MiB streamed: anonymous memory added at the peak",
        f"{added:.2f} MiB, the most of {len(later)} answers with {looks} looks or more each",
        f"the first answer of all {first.mebibytes:.2f} MiB", added, f"{added:.2f} MiB", at_most(limits.MCP_MEMORY_BAR))


@dataclass(frozen=True)
class Passed:
    """What one answer added at its peak, and how often was looked."""

    mebibytes: float
    looks: int


def _passed(tools: Tools, pid: int) -> Passed:
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
        answer = tools.call("stream", bytes=limits.MCP_STREAMED_BYTES)
    finally:
        ended.set()
        watcher.join()
    if len(text(answer)) != limits.MCP_STREAMED_BYTES:
        raise StackError("The large answer did not come through whole.")
    return Passed((peak - before) * 1e6 / (1 << 20), looks)
