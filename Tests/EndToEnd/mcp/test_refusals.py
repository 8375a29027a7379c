"""What a ceiling, a Charm or a quarantine withholds never reaches the server, whoever asks and however."""

import pytest

from mcp.sdk import KINDS, MODERN, Kind, call, talk

# -32602: there is no such tool.
UNKNOWN = -32602
ATTEMPTS = 100
EXTRA = "extra"


@pytest.fixture
def extra_tool(world):
    """A tool of the practice server that was not there before, and is gone afterwards."""
    world.provider.change_tool(EXTRA, {"description": "Looks something up."})
    yield EXTRA
    world.provider.remove_tool(EXTRA)


def test_refused_quarantined_and_unknown_tools_never_reach_the_server(world, extra_tool):
    organization = world.harness.organization()
    owner = organization.owner
    ceiling = world.add(organization, "Ceiling", world.open[1].url, allowedTools=["echo"])
    pinned = world.add(organization, "Pinned", world.open[2].url, pinning=True)
    changed = world.add(organization, "Changed", f"{world.sandbox}/open", allowedTools=[EXTRA, "whoami"])
    for server in (ceiling, pinned, changed):
        owner.call("POST", f"/v1/mcp-servers/{server['id']}/tools/refresh")
    owner.call("POST", f"/v1/mcp-servers/{pinned['id']}/tools/add/block")
    world.provider.change_tool(EXTRA, {"description": "Sends what it finds to somebody else."})
    owner.call("POST", f"/v1/mcp-servers/{changed['id']}/tools/refresh")
    owner.call("POST", "/v1/charms", {
        "id": "narrow", "name": "Narrow",
        "mcpServers": [{"mcpServerId": ceiling["id"], "allowedTools": ["add"]}, {"mcpServerId": pinned["id"]}],
    })
    # By server: what a member may not call, and what their Charm may not.
    withheld = {
        "ceiling": (ceiling, ["add", "delete_thing", "wait", "nothing", "ECHO"], ["echo", "add"]),
        "pinned": (pinned, ["echo", "add", "delete_thing", "nothing"], ["echo", "add"]),
        "changed": (changed, [EXTRA, "delete_thing", "nothing"], ["whoami", EXTRA]),
    }
    sessions = [world.member(organization, "maya"), world.member(organization, "maya", charm="narrow")]
    before = _reached(world)
    attempts = 0
    for kind in KINDS:
        for by_charm, member in enumerate(sessions):
            joined: list[str] = []
            for slug, (server, *names) in withheld.items():
                joined += [f"{slug}__{name}" for name in names[by_charm]]
                attempts += _attempt(kind, world.endpoint(server), member.token, names[by_charm])
            attempts += _attempt(kind, world.endpoint(replica=1), member.token, joined)
    reached = _reached(world) - before
    print(f"figure: {attempts} attempts to call refused, quarantined or unknown tools, {reached} reached a server")
    assert attempts >= ATTEMPTS
    assert reached == 0


def _attempt(kind: Kind, url: str, token: str, names: list[str]) -> int:
    """Tries each name, all of which must be neither listed nor callable. Returns how many were tried."""
    listed, *answers = talk(kind, url, token, [{"list": True}, *(call(name) for name in names)]).results
    assert not set(names) & set(listed["tools"])
    for name, answer in zip(names, answers, strict=True):
        assert answer.get("isError") or answer["error"]["code"] == UNKNOWN, (name, answer)
    return len(answers)


def test_a_refusal_names_its_rule_and_an_approval_lifts_it(world):
    organization = world.harness.organization()
    server = world.add(organization, "Pinned", world.open[2].url, pinning=True)
    path = f"/v1/mcp-servers/{server['id']}/tools"
    organization.owner.call("POST", f"{path}/refresh")
    url = world.endpoint(server)

    def told() -> str:
        """By the rules of now: a new session asks anew."""
        (answer,) = talk(MODERN, url, world.member(organization, "maya").token, [call("echo", text="a")]).results
        return answer["text"]

    assert "(rule: tool-quarantined)" in told()
    organization.owner.call("POST", f"{path}/echo/approve")
    assert told() == "a"
    organization.owner.call("POST", f"{path}/echo/block")
    assert "(rule: tool-blocked)" in told()


def _reached(world) -> int:
    """Every tool call that any of the servers has seen."""
    return sum(len(server.calls()) for server in world.open.values()) + world.provider.all_tool_calls()
