"""Every generation of client with every generation of server, through the gateway."""

import pytest
from harness import eventually

from mcp.sdk import FIRST, KINDS, MODERN, call, talk

SERVERS = ["1.x", "2.x", "practice"]
NAMES = ["echo", "add", "steps", "fail", "wait", "pay", "ask", "delete_thing"]


@pytest.fixture(scope="module")
def place(world):
    """An organization with the three servers, all open."""
    organization = world.harness.organization()
    servers = {
        "1.x": world.add(organization, "First", world.open[1].url),
        "2.x": world.add(organization, "Second", world.open[2].url),
        "practice": world.add(organization, "Practice", f"{world.sandbox}/open"),
    }
    return organization, servers


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("server", ["1.x", "2.x"])
def test_list_call_progress_and_failure(world, place, kind, server):
    organization, servers = place
    member = world.member(organization, "maya")
    steps = [
        {"list": True}, call("echo", text="Zürich ✓"), call("add", a=1, b=2),
        {"call": "steps", "arguments": {"count": 3}, "progress": True}, call("fail"), call("nothing"),
    ]
    conversation = talk(kind, world.endpoint(servers[server]), member.token, steps)
    assert conversation.revision == kind.revision
    listed, echo, add, progress, failed, unknown = conversation.results
    assert sorted(listed["tools"]) == sorted(NAMES)
    assert echo == {"text": "Zürich ✓", "isError": False, "structured": {"result": "Zürich ✓"}, "progress": []}
    assert add["structured"] == {"sum": 3}
    assert progress["text"] == "done" and progress["progress"] == [1, 2, 3]
    assert failed["isError"] and "fail" in failed["text"]
    assert unknown["error"]["code"] == -32602


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_practice_server(world, place, kind):
    organization, servers = place
    member = world.member(organization, "maya")
    steps = [
        {"list": True}, call("echo", text="x"), {"call": "stream", "arguments": {"count": 3}, "progress": True},
        call("fail"), call("crash"), call("whoami"),
    ]
    conversation = talk(kind, world.endpoint(servers["practice"]), member.token, steps)
    listed, echo, stream, failed, crashed, whoami = conversation.results
    assert {"echo", "stream", "whoami"} <= set(listed["tools"])
    assert echo["text"] == "x"
    assert stream["progress"] == [1, 2, 3]
    assert failed["isError"]
    assert crashed["error"]["code"] == -32603
    assert whoami["structured"]["hasToken"] is False


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_all_servers_at_one_address_and_at_any_replica(world, place, kind):
    organization, _ = place
    member = world.member(organization, "maya")
    for replica in range(len(world.gateways)):
        steps = [{"list": True}, *(call(f"{slug}__echo", text=slug) for slug in ("first", "second", "practice"))]
        listed, *echoes = talk(kind, world.endpoint(replica=replica), member.token, steps).results
        assert {"first__add", "second__add", "practice__whoami"} <= set(listed["tools"])
        assert [echo["text"] for echo in echoes] == ["first", "second", "practice"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("generation", [1, 2])
def test_a_server_sends_the_person_to_a_page(world, place, kind, generation):
    organization, servers = place
    member = world.member(organization, "maya")
    marker = f"{kind.name}-{generation}".replace(" ", "-")
    opened: list[str] = []
    steps = [call("pay", marker=marker)] * 2
    conversation = talk(
        kind, world.endpoint(servers[f"{generation}.x"]), member.token, steps, opened.append, opensPages=True)
    if kind is MODERN:
        assert opened == [f"https://pay.example/{marker}"]
        assert conversation.results[0]["text"] == "paid"
    else:
        error = conversation.results[0]["error"]
        assert error["code"] == -32042
        assert error["data"]["elicitations"][0]["url"] == f"https://pay.example/{marker}"
    assert conversation.results[-1]["text"] == "paid"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("generation", [1, 2])
def test_a_server_asks_the_person_to_fill_in_a_form(world, place, kind, generation):
    organization, servers = place
    member = world.member(organization, "maya")
    url, seen = world.endpoint(servers[f"{generation}.x"]), world.open[generation]
    before = len(seen.calls("ask"))
    steps = [call("ask"), call("echo", text="and on"), call("ask")]
    filled = talk(kind, url, member.token, steps, fills={"colour": "blue"})
    assert filled.forms == ["Which colour?"] * 2
    assert [result["text"] for result in filled.results] == ["blue", "and on", "blue"]
    declined = talk(kind, url, member.token, [call("ask")], fills=None)
    assert declined.results[0]["text"] == "decline"
    # A server of the first generation waits in the middle of its call; one of the second is called again with the answer, as it wants it.
    assert len(seen.calls("ask")) - before == 3 * generation


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_practice_server_asks_the_person_to_fill_in_a_form(world, place, kind):
    organization, servers = place
    member = world.member(organization, "maya")
    conversation = talk(
        kind, world.endpoint(servers["practice"]), member.token, [call("elicit", mode="form")], fills={"name": "Maya"})
    assert conversation.forms == ["What is your name?"]
    assert conversation.results[0]["structured"]["content"] == {"name": "Maya"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("generation", [1, 2])
def test_a_form_for_a_client_that_shows_none(world, place, kind, generation):
    organization, servers = place
    member = world.member(organization, "maya")
    (answer,) = talk(kind, world.endpoint(servers[f"{generation}.x"]), member.token, [call("ask")]).results
    assert answer.get("isError") or "error" in answer


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("generation", [1, 2])
def test_a_client_takes_a_call_back_and_goes_on(world, place, kind, generation):
    organization, servers = place
    member = world.member(organization, "maya")
    seen = world.open[generation]
    before = len(seen.calls("wait"))

    def take_back(_: str) -> None:
        eventually(lambda: len(seen.calls("wait")) > before, what="the call at the server")

    url = world.endpoint(servers[f"{generation}.x"])
    cancelled, echo = talk(kind, url, member.token, [{"cancel": "wait"}, call("echo", text="on")], take_back).results
    assert cancelled["cancelled"]
    assert echo["text"] == "on"
    eventually(lambda: seen.calls("wait")[-1].get("ended"), what="the end of the call at the server")


def test_a_modern_servers_state_comes_back_to_it(world, place):
    organization, servers = place
    member = world.member(organization, "maya")
    talk(MODERN, world.endpoint(servers["2.x"]), member.token, [call("pay", marker="state")], lambda _: None,
         opensPages=True)
    assert world.open[2].calls("pay")[-1]["answered"]
    assert world.open[2].calls("pay")[-1]["state"] == "state"


def test_a_client_that_opens_no_pages_gets_the_link(world, place):
    organization, servers = place
    member = world.member(organization, "maya")
    (answer,) = talk(FIRST, world.endpoint(servers["1.x"]), member.token, [call("pay", marker="link")]).results
    # It declared nothing: the address is in the text that the agent passes on.
    assert answer["isError"]
    assert answer["text"].endswith("https://pay.example/link")
