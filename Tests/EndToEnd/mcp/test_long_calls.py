"""Calls that take long, are given up, or bring much."""


import pytest
from harness import eventually
from localstack.tools import Tools

from mcp.sdk import FIRST, KINDS, MODERN, Client, call, talk

MEBIBYTE = 1 << 20
LARGE_BYTES = 10 * MEBIBYTE
# What one large answer may hold in the gateway's memory while it passes.
HELD_BYTES = 4 * MEBIBYTE


@pytest.mark.parametrize("kind", [FIRST, MODERN], ids=lambda kind: kind.name)
@pytest.mark.parametrize("generation", [1, 2])
def test_a_client_that_leaves_ends_the_call_at_the_server(world, kind, generation):
    organization = world.harness.organization()
    server = world.add(organization, "Server", world.open[generation].url)
    member = world.member(organization, "maya")
    seen = world.open[generation]
    before = len(seen.calls("wait"))
    client = Client(kind, world.endpoint(server), member.token, [call("wait")])
    eventually(lambda: len(seen.calls("wait")) > before, what="the call at the server")
    client.process.kill()
    client.process.wait()
    eventually(lambda: seen.calls("wait")[-1].get("ended"), what="the end of the call at the server")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_answer_of_several_mebibytes(world, kind):
    organization = world.harness.organization()
    server = world.add(organization, "Practice", f"{world.sandbox}/open")
    member = world.member(organization, "maya")
    step = {"call": "stream", "arguments": {"bytes": LARGE_BYTES}}
    (answer,) = talk(kind, world.endpoint(server), member.token, [step]).results
    assert len(answer["text"]) == LARGE_BYTES


def test_a_large_answer_is_not_held_in_memory(world):
    organization = world.harness.organization()
    server = world.add(organization, "Practice", f"{world.sandbox}/open")
    tools = Tools(world.member(organization, "maya").api, server["id"])
    gateway = world.harness.running.pids["gateway"]
    assert len(tools.call("stream", bytes=MEBIBYTE)["content"][0]["text"]) == MEBIBYTE
    _forget_peak(gateway)
    before = _peak(gateway)
    for _ in range(4):
        assert len(tools.call("stream", bytes=LARGE_BYTES)["content"][0]["text"]) == LARGE_BYTES
    grown = _peak(gateway) - before
    print(f"figure: 4 answers of {LARGE_BYTES >> 20} MiB through the gateway, {grown >> 10} KiB more memory at the peak")
    assert grown < HELD_BYTES


def _forget_peak(process: int) -> None:
    """The most memory is counted from now on (proc(5), clear_refs)."""
    with open(f"/proc/{process}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def _peak(process: int) -> int:
    """The most memory that a process has had, in bytes."""
    with open(f"/proc/{process}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) << 10
