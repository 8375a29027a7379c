"""tools/call through the gateway, beside the same call made directly and through nginx."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field

from . import limits, load, processes
from .bench_stack import BenchStack
from .limits import Bar, at_most
from .load import Load
from .mcp_doors import Door, doors
from .mcp_memory import streamed
from .nginx import Nginx
from .table import Figure, milliseconds, rate

DIRECT, PROXY, GATEWAY = "direct", "nginx", "gateway"


@dataclass
class Series:
    """The runs of one way to one door, by connections."""

    loads: dict[int, list[Load]] = field(default_factory=dict)
    # Microseconds of processor time per call of what is in between.
    costs: dict[int, list[float]] = field(default_factory=dict)

    def add(self, connections: int, found: Load, cost: float) -> None:
        self.loads.setdefault(connections, []).append(found)
        self.costs.setdefault(connections, []).append(cost)

    def median(self, connections: int) -> float:
        return statistics.median(load.median for load in self.loads[connections])

    def p99(self, connections: int) -> float:
        return statistics.median(load.p99 for load in self.loads[connections])

    def per_second(self, connections: int) -> float:
        return statistics.median(load.per_second for load in self.loads[connections])

    def cost(self, connections: int) -> float:
        return statistics.median(self.costs[connections])

    def text(self, connections: int) -> str:
        return (f"{rate(self.per_second(connections))}, p50 {milliseconds(self.median(connections))}, "
                f"p99 {milliseconds(self.p99(connections))}")


class Calls:
    """The three ways of a call, under load."""

    def __init__(self, stack: BenchStack, nginx: Nginx):
        self._stack = stack
        self._nginx = nginx
        self._issuer = stack.running.plan.practice.issuer

    def take(self, way: str, door: Door, connections: int) -> tuple[Load, float]:
        """The load's findings, and microseconds of processor time per call of what is in between."""
        base = {DIRECT: self._issuer, PROXY: self._nginx.url, GATEWAY: self._stack.gateway}[way]
        path = door.gateway_path if way == GATEWAY else door.path
        authorization = door.gateway_authorization if way == GATEWAY else door.authorization
        calls, before = self._calls(), self._seconds(way)
        found = load.run(base, "mcp.lua", connections, [path, authorization], limits.MCP_POINT_SECONDS)
        cost = (self._seconds(way) - before) / max(found.requests, 1) * 1e6
        arrived = self._calls() - calls
        if found.failures or arrived < found.requests:
            raise load.failed(f"{way}, {door.name}", found, f"{arrived} calls arrived")
        return found, cost

    def _seconds(self, way: str) -> float:
        if way == PROXY:
            return processes.family_seconds(self._nginx.pid)
        return processes.processor_seconds(self._stack.running.pids["gateway"])

    def _calls(self) -> int:
        return self._stack.running.practice_provider.tool_calls("echo")


def run(stack: BenchStack, say: Callable[[str], None]) -> list[Figure]:
    """Every door by every way, in turn within each round."""
    nginx = Nginx(stack.folder / "nginx", stack.running.plan.practice.issuer.removeprefix("http://"))
    try:
        calls, measured = Calls(stack, nginx), doors(stack)
        series = {(way, door.name): Series() for way in (DIRECT, PROXY, GATEWAY) for door in measured}
        memory = streamed(stack)
        for number in range(1, limits.MCP_ROUNDS + 1):
            say(f"tools/call, round {number} of {limits.MCP_ROUNDS}")
            for connections in limits.MCP_CONNECTIONS:
                for door in measured:
                    for way in (DIRECT, PROXY, GATEWAY):
                        series[way, door.name].add(connections, *calls.take(way, door, connections))
    finally:
        nginx.stop()
    figures = []
    for door in measured:
        figures += _figures(door, *(series[way, door.name] for way in (DIRECT, PROXY, GATEWAY)))
    return [*figures, memory]


def _figures(door: Door, direct: Series, proxy: Series, gateway: Series) -> list[Figure]:
    figures = []
    for connections in limits.MCP_CONNECTIONS:
        is_held = connections == limits.MCP_BAR_CONNECTIONS
        added = statistics.median(
            ours.median - theirs.median
            for ours, theirs in zip(gateway.loads[connections], direct.loads[connections]))
        figures.append(
            _figure(
                f"tools/call, {door.name}, {connections} connection{'s' if connections > 1 else ''}: median added",
                gateway.text(connections),
                f"direct {direct.text(connections)}; nginx {proxy.text(connections)}",
                added, f"{added:+.2f} ms", at_most(limits.MCP_ADDED_BAR) if is_held else None))
        ratio = gateway.cost(connections) / proxy.cost(connections)
        figures.append(
            _figure(
                "  processor time per call", f"gateway {gateway.cost(connections):.0f} µs",
                f"nginx {proxy.cost(connections):.0f} µs", ratio, f"{ratio:.2f}",
                at_most(limits.MCP_PROCESSOR_BAR) if is_held else None))
    return figures


def _figure(name: str, ours: str, reference: str, value: float, text: str, bar: Bar | None) -> Figure:
    return Figure(name, ours, reference, value, text, bar)
