"""What the gateway holds of a large answer while it passes."""

import threading

from localstack.errors import StackError
from localstack.tools import text

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
    """The gateway's anonymous memory at its peak while one answer passes, above what it was before."""
    tools, pid = open_server(stack), stack.running.pids["gateway"]
    for _ in range(_WARM_UP_CALLS):
        tools.call("echo", text="Hello")
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
    mebibytes = (peak - before) * 1e6 / (1 << 20)
    return Figure(
        f"tools/call, {limits.MCP_STREAMED_BYTES >> 20} MiB streamed: anonymous memory added at the peak",
        f"{mebibytes:.2f} MiB", f"{before:.1f} MB before, {looks} looks meanwhile", mebibytes, f"{mebibytes:.2f} MiB",
        at_most(limits.MCP_MEMORY_BAR))
