"""Whose account a call is made with: the member's own, the organization's token, or none."""

import hashlib
import itertools

import pytest

from mcp.sdk import FIRST, KINDS, LEGACY, MODERN, Client, call, talk

PEOPLE = ["ada", "grace", "alan"]
CALLS = 200
AT_ONCE = 8


@pytest.fixture(scope="module")
def place(world):
    """An organization whose servers take the practice provider's tokens."""
    organization = world.harness.organization()
    auth = world.oauth(organization)
    servers = {
        "first": world.add(organization, "First", world.protected[1].url, auth),
        "second": world.add(organization, "Second", world.protected[2].url, auth),
        "practice": world.add(organization, "Practice", world.sandbox, auth),
    }
    return organization, servers


@pytest.mark.parametrize("server", ["first", "second", "practice"])
def test_a_client_asks_its_person_to_connect_and_the_call_goes_through(world, place, server):
    organization, servers = place
    member = world.member(organization, f"asked-{server}")
    opened: list[str] = []

    def open_page(page: str) -> None:
        opened.append(page)
        world.consent(page, "grace")

    conversation = talk(
        MODERN, world.endpoint(servers[server]), member.token, [call("echo", text="a"), call("echo", text="b")],
        open_page, opensPages=True)
    assert [result.get("text") for result in conversation.results] == ["a", "b"]
    assert len(opened) == 1 and opened[0].startswith(f"{world.harness.gateway}/connect/")


@pytest.mark.parametrize("kind", [FIRST, LEGACY], ids=lambda kind: kind.name)
def test_a_legacy_client_gets_the_page_as_an_error_and_calls_again(world, place, kind):
    organization, servers = place
    member = world.member(organization, f"legacy-{kind.generation}")
    url = world.endpoint(servers["second"])
    (refused,) = talk(kind, url, member.token, [call("echo", text="a")], opensPages=True).results
    assert refused["error"]["code"] == -32042
    world.consent(refused["error"]["data"]["elicitations"][0]["url"])
    (answer,) = talk(kind, url, member.token, [call("echo", text="a")], opensPages=True).results
    assert answer["text"] == "a"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_client_that_opens_no_pages_gets_a_link_to_pass_on(world, place, kind):
    organization, servers = place
    member = world.member(organization, f"link-{kind.name}")
    url = world.endpoint(servers["first"])
    (refused,) = talk(kind, url, member.token, [call("echo", text="a")]).results
    assert refused["isError"]
    world.consent(refused["text"].rsplit("\n", 1)[-1])
    (answer,) = talk(kind, url, member.token, [call("echo", text="a")]).results
    assert answer["text"] == "a"


def test_a_token_that_the_server_refuses_is_refreshed_and_the_call_done_once(world, place):
    organization, servers = place
    member = world.member(organization, "refused")
    url = world.endpoint(servers["practice"])
    world.connect(member, servers["practice"], "alan")
    (before,) = talk(MODERN, url, member.token, [call("whoami")]).results
    calls = world.provider.tool_calls("whoami")
    world.provider.expire_tokens("alan")
    (after,) = talk(MODERN, url, member.token, [call("whoami")]).results
    assert after["structured"]["subject"] == "alan"
    assert after["structured"]["tokenFingerprint"] != before["structured"]["tokenFingerprint"]
    assert world.provider.tool_calls("whoami") == calls + 1


def test_a_members_account_for_a_server_is_connected_again_and_keeps_its_id(world, place):
    organization, servers = place
    member = world.member(organization, "again")
    world.connect(member, servers["practice"], "grace")
    (connection,) = member.api.call("GET", "/v1/connections")["items"]
    flow = member.api.call("POST", f"/v1/connections/{connection['id']}/reconnect")
    world.consent(flow["url"], "grace")
    done = member.api.flow(flow["id"])
    assert (done["status"], done["connectionId"]) == ("completed", connection["id"])
    (answer,) = talk(MODERN, world.endpoint(servers["practice"]), member.token, [call("whoami")]).results
    assert answer["structured"]["subject"] == "grace"
    seen = organization.owner.call("GET", "/v1/applications")["items"]
    assert not [each for each in seen if each["id"].startswith("mcp_")], "a server is no Application"


def test_a_scope_that_is_lacking_is_asked_for_in_the_middle_of_a_call(world):
    organization = world.harness.organization()
    server = world.add(organization, "Practice", world.sandbox, world.oauth(organization))
    member = world.member(organization, "maya")
    # The practice party's Integration has mail.read as its default; this server asks for less.
    world.connect(member, server, "ada")
    opened: list[str] = []

    def open_page(page: str) -> None:
        opened.append(page)
        world.consent(page, "ada")

    (answer,) = talk(
        MODERN, world.endpoint(server), member.token, [call("list_messages", limit=1)], open_page, opensPages=True
    ).results
    assert len(opened) == 1, "the scope was not asked for"
    assert not answer["isError"], answer


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_organizations_token_and_none(world, kind):
    organization = world.harness.organization()
    auth = {"type": "staticToken", "token": world.sandbox_token}
    static = world.add(organization, "Static", f"{world.sandbox}/static", auth)
    open_one = world.add(organization, "Open", f"{world.sandbox}/open")
    member = world.member(organization, "maya")
    (answer,) = talk(kind, world.endpoint(static), member.token, [call("whoami")]).results
    fingerprint = hashlib.sha256(world.sandbox_token.encode()).hexdigest()[:8]
    assert answer["structured"]["subject"] == "static"
    assert answer["structured"]["tokenFingerprint"] == fingerprint
    (answer,) = talk(kind, world.endpoint(open_one), member.token, [call("whoami")]).results
    assert answer["structured"]["hasToken"] is False, "the caller's own credential went to the server"


def test_no_call_carries_another_members_token(world, place):
    organization, servers = place
    members = {person: world.member(organization, f"user-{person}") for person in PEOPLE}
    for (person, member), server in itertools.product(members.items(), servers.values()):
        world.connect(member, server, person)
    subjects_before = {person: world.provider.tool_calls("whoami", person) for person in PEOPLE}
    seen_before = {generation: len(world.protected[generation].calls("echo")) for generation in (1, 2)}
    clients = []
    # One client per person, each of another kind and at another replica; their calls go to the three servers in turn.
    for number, (person, member) in enumerate(members.items()):
        steps = []
        for count in range(CALLS):
            marker = f"{person} {count}"
            steps += [call("first__echo", text=marker), call("second__echo", text=marker), call("practice__whoami")]
        url = world.endpoint(replica=number % len(world.gateways))
        clients.append(Client(KINDS[number], url, member.token, steps, parallel=AT_ONCE))
    crossed, answered = 0, 0
    for person, client in zip(PEOPLE, clients):
        for place_, result in enumerate(client.finish().results):
            answered += 1
            expected = person if place_ % 3 == 2 else f"{person} {place_ // 3}"
            said = result["structured"]["subject"] if place_ % 3 == 2 else result["text"]
            crossed += said != expected
    fingerprints: dict[str, set[str]] = {person: set() for person in PEOPLE}
    for generation in (1, 2):
        calls = world.protected[generation].calls("echo")[seen_before[generation]:]
        assert len(calls) == len(PEOPLE) * CALLS
        for seen in calls:
            crossed += seen["subject"] != seen["text"].split(" ")[0]
            fingerprints[seen["subject"]].add(seen["fingerprint"])
    assert not set.intersection(*fingerprints.values())
    for person in PEOPLE:
        assert world.provider.tool_calls("whoami", person) - subjects_before[person] == CALLS
    total = len(PEOPLE) * len(servers) * CALLS
    assert answered == total
    print(f"figure: {total} calls of {len(PEOPLE)} users at {len(servers)} MCP servers, {crossed} with another's token")
    assert crossed == 0
