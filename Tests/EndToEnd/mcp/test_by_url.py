"""MCP servers by their URL alone: found, registered, connected, called, and held to what was found."""

from urllib.parse import parse_qs, urlsplit

import pytest
from harness import application, eventually
from localstack.api import Problem
from localstack.browser import Browser
from localstack.consent import walk
from localstack.web import HTTP

from mcp.hostile import PLACES, HostileServer, Trap
from mcp.sdk import MODERN, AuthorizationServer, call, talk

OAUTH = {"type": "oauth"}
ATTEMPTS = 60


@pytest.fixture
def sandbox(world):
    """The practice provider, which is given back as it was."""
    yield world.provider
    world.provider.publish()
    world.provider.clear_faults()


@pytest.fixture
def organization(world):
    return world.harness.organization()


def create(organization, url: str, name: str = "Found", **auth) -> dict:
    return organization.owner.call("POST", "/v1/mcp-servers", {"name": name, "url": url, "auth": {**OAUTH, **auth}})


def refusal(organization, url: str) -> dict:
    """The problem document of a server that cannot be set up. Nothing is stored then."""
    answer = organization.owner.raw("POST", "/v1/mcp-servers", {"name": "None", "url": url, "auth": OAUTH})
    assert answer.status == 422, answer.text
    assert organization.owner.call("GET", "/v1/mcp-servers")["items"] == []
    assert organization.owner.call("GET", "/v1/integrations")["items"] == []
    return answer.json()


def integration(organization, server: dict) -> dict:
    return organization.owner.call("GET", f"/v1/integrations/{server['auth']['integrationId']}")


def connect(world, member, server: dict, approve) -> dict:
    """Through the connect page. The parameters that the authorization server was asked with."""
    answer = member.api.call("POST", f"/v1/mcp-servers/{server['id']}/connect")
    assert answer["status"] == "consentRequired"
    asked: list[str] = []

    def at_provider(url: str) -> str:
        asked.append(url)
        return approve(url)

    walk(Browser(), answer["flow"]["url"], at_provider)
    status = member.api.flow(answer["flow"]["id"])
    assert status["status"] == "completed", status
    return {name: values[0] for name, values in parse_qs(urlsplit(asked[0]).query).items()}


def echo(world, member, server: dict, text: str = "hello") -> dict:
    (result,) = talk(MODERN, world.endpoint(server), member.token, [call("echo", text=text)]).results
    return result


WAYS = {
    "manual": {}, "clientIdMetadata": {}, "dynamic": {"clientIdMetadata": False},
    # A server that does not name itself gets a redirect URI of its own.
    "clientIdMetadata without iss": {"sendsIssuer": False},
    "dynamic without iss": {"clientIdMetadata": False, "sendsIssuer": False},
    # And one whose refusals say nothing is found at its well-known places.
    "dynamic without hints": {"clientIdMetadata": False, "challengeNamesMetadata": False, "challengeNamesScope": False},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_server_is_found_connected_and_called(world, organization, sandbox, way):
    registration = way.split(" ")[0]
    existing = world.practice.integration(organization.owner) if registration == "manual" else None
    sandbox.publish(**WAYS[way])
    server = create(organization, world.sandbox)
    used = integration(organization, server)
    assert used["registration"] == registration
    assert server["discovered"]["issuer"] == sandbox.issuer
    assert server["discovered"]["resource"] == world.sandbox
    if existing:
        assert used["id"] == existing["id"]
        assert "mcpServerId" not in used
    else:
        assert used["mcpServerId"] == server["id"]
        assert used["custom"]["issuer"] == sandbox.issuer

    member = world.member(organization, "ada")
    asked = connect(world, member, server, lambda url: sandbox.authorize(url, "ada"))
    assert asked["resource"] == world.sandbox
    assert asked["code_challenge_method"] == "S256"
    assert "profile" in asked["scope"].split()
    gateway = world.harness.gateway
    own = "without iss" in way
    assert asked["redirect_uri"] == f"{gateway}/oauth/callback" + (f"/{used['id']}" if own else "")
    if registration == "clientIdMetadata":
        assert asked["client_id"] == f"{gateway}/.well-known/oauth-client" + (f"/{used['id']}" if own else "")
    assert echo(world, member, server)["text"] == "hello"

    # A token that has ended is renewed for the same resource: the practice server refuses any other.
    refreshes = world.practice.refreshes()
    sandbox.expire_tokens("ada")
    assert echo(world, member, server, "again")["text"] == "again"
    assert world.practice.refreshes() == refreshes + 1


def test_a_report_stores_and_registers_nothing(world, organization, sandbox):
    sandbox.publish(clientIdMetadata=False)
    before = sandbox.counters()["endpoints"].get("registration", {}).get("requests", 0)
    report = organization.owner.call("POST", "/v1/mcp-servers/discover", {"url": world.sandbox})
    assert report["access"] == "oauth"
    assert report["registration"] == "dynamic"
    assert report["authorizationServer"]["tokenEndpoint"] == f"{sandbox.issuer}/token"
    assert [check["name"] for check in report["checks"]] == [
        "mcp_endpoint", "resource_metadata", "authorization_server", "pkce", "endpoints", "registration",
    ]
    assert all(check["ok"] and check["detail"] for check in report["checks"])
    assert sandbox.counters()["endpoints"].get("registration", {}).get("requests", 0) == before
    assert organization.owner.call("GET", "/v1/mcp-servers")["items"] == []


def test_members_may_not_look(world, organization):
    with pytest.raises(Problem) as caught:
        organization.member().call("POST", "/v1/mcp-servers/discover", {"url": world.sandbox})
    assert caught.value.code == "forbidden"


def test_an_open_server_needs_no_authorization(world, organization):
    url = f"{world.sandbox}/open"
    report = organization.owner.call("POST", "/v1/mcp-servers/discover", {"url": url})
    assert report["access"] == "open"
    problem = refusal(organization, url)
    assert problem["code"] == "discovery_failed"
    assert '"none"' in problem["detail"]


def test_a_server_that_takes_no_strangers_says_what_is_missing(world, organization, sandbox):
    sandbox.publish(clientIdMetadata=False, registration=False)
    problem = refusal(organization, world.sandbox)
    assert problem["code"] == "registration_unavailable"
    assert sandbox.issuer in problem["detail"]
    checks = problem["facts"]["checks"]
    assert any(check.startswith("authorization_server: ok") for check in checks)
    assert any(check.startswith("registration: failed") for check in checks)


VARIANTS = {
    "another resource": ({"resource": "https://other.example/mcp"}, {}, "resource_metadata"),
    "another authorization server": ({"authorizationServers": ["https://other.example"]}, {}, "authorization_server"),
    "no proof keys": ({"offersProofKeys": False}, {}, "pkce"),
    "another issuer": ({}, {"endpoint": "discovery", "kind": "wrongIssuer", "times": 9}, "authorization_server"),
    "redirects": ({}, {"endpoint": "discovery", "kind": "redirect", "times": 9}, "resource_metadata"),
    "no end": ({}, {"endpoint": "discovery", "kind": "oversize", "times": 9}, "resource_metadata"),
    "no JSON": ({}, {"endpoint": "discovery", "kind": "invalidJSON", "times": 9}, "resource_metadata"),
    "no answer": (
        {}, {"endpoint": "discovery", "kind": "slow", "delayMilliseconds": 12_000, "times": 9}, "resource_metadata"),
    "a failing server": ({}, {"endpoint": "mcp", "kind": "status", "times": 2}, "mcp_endpoint"),
    "a redirecting server": ({}, {"endpoint": "mcp", "kind": "redirect", "times": 2}, "mcp_endpoint"),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_is_wrong_is_named(world, organization, sandbox, variant):
    published, fault, failed = VARIANTS[variant]
    sandbox.publish(**published)
    if fault:
        sandbox.add_fault(**fault)
    problem = refusal(organization, world.sandbox)
    assert problem["code"] == "discovery_failed"
    assert [check.partition(":")[0] for check in problem["facts"]["checks"] if ": failed" in check] == [failed]


def test_an_integration_of_another_issuer_is_never_used(world, organization, sandbox):
    organization.owner.create_integration(
        name="Other", provider="github", clientId="client", clientSecret="secret")
    server = create(organization, world.sandbox)
    assert integration(organization, server)["registration"] == "clientIdMetadata"


def test_one_way_can_be_asked_for(world, organization, sandbox):
    world.practice.integration(organization.owner)
    server = create(organization, world.sandbox, registration="dynamic")
    assert integration(organization, server)["registration"] == "dynamic"


def test_an_application_does_not_see_the_integration_of_a_server(world, organization, sandbox):
    create(organization, world.sandbox)
    with pytest.raises(Problem) as caught:
        organization.member().resolve(application(), providerUrl=sandbox.issuer)
    assert caught.value.code == "integration_not_found"


def test_everything_goes_with_the_server(world, organization, sandbox):
    sandbox.publish(clientIdMetadata=False)
    server = create(organization, world.sandbox)
    member = world.member(organization, "grace")
    connect(world, member, server, lambda url: sandbox.authorize(url, "grace"))
    assert echo(world, member, server)["text"] == "hello"
    organization.owner.call("DELETE", f"/v1/mcp-servers/{server['id']}")
    assert organization.owner.call("GET", "/v1/integrations")["items"] == []
    eventually(
        lambda: all(item["status"] == "revoked" for item in member.api.call("GET", "/v1/connections")["items"]),
        what="the end of the Connections")


def test_another_issuer_ends_the_use_until_an_owner_agrees(world, organization, sandbox):
    server = create(organization, world.sandbox)
    path = f"/v1/mcp-servers/{server['id']}"
    member, other = world.member(organization, "alan"), world.member(organization, "ada")
    connect(world, member, server, lambda url: sandbox.authorize(url, "alan"))
    assert echo(world, member, server)["text"] == "hello"

    sandbox.publish(authorizationServers=["https://another-issuer.example"])
    sandbox.end_authorizations("alan")
    refreshes, calls = world.practice.refreshes(), sandbox.all_tool_calls()
    refused = echo(world, member, server)
    assert refused["isError"] and "another authorization server" in refused["text"]
    shown = organization.owner.call("GET", path)
    assert shown["configError"]["reason"] == "issuerChanged"
    assert shown["configError"]["issuer"] == "https://another-issuer.example"
    assert shown["discovered"]["issuer"] == sandbox.issuer

    # Nothing is sent from then on: not to the server, not to either authorization server. A new session asks anew; how soon the ones that
    # are there follow is measured elsewhere.
    for someone in (world.member(organization, "alan"), other):
        assert "issuer-changed" in str(echo(world, someone, server))
        with pytest.raises(Problem) as caught:
            someone.api.call("POST", f"{path}/connect")
        assert caught.value.code == "policy_denied"
    assert sandbox.all_tool_calls() == calls
    assert world.practice.refreshes() == refreshes
    # An Integration for the old issuer is not offered to the new one.
    assert organization.owner.raw("POST", f"{path}/discover").status == 422
    assert "configError" in organization.owner.call("GET", path)

    sandbox.publish()
    agreed = organization.owner.raw("POST", f"{path}/discover", {"issuer": "https://somebody.example"})
    assert agreed.status == 409
    back = organization.owner.call("POST", f"{path}/discover", {"issuer": sandbox.issuer})
    assert "configError" not in back
    assert back["auth"]["integrationId"] == server["auth"]["integrationId"]
    # In a session that has not been refused.
    other = world.member(organization, "ada")
    connect(world, other, server, lambda url: sandbox.authorize(url, "ada"))
    assert echo(world, other, server)["text"] == "hello"


def test_an_owner_may_take_another_authorization_server(world, organization, sandbox):
    """The old client and its Connections go; members connect again."""
    server = create(organization, world.sandbox)
    path = f"/v1/mcp-servers/{server['id']}"
    member = world.member(organization, "grace")
    connect(world, member, server, lambda url: sandbox.authorize(url, "grace"))
    existing = world.practice.integration(organization.owner)
    again = organization.owner.call("POST", f"{path}/discover")
    assert again["auth"]["integrationId"] == existing["id"]
    kept = [item["id"] for item in organization.owner.call("GET", "/v1/integrations")["items"]]
    assert kept == [existing["id"]]
    connect(world, member, server, lambda url: sandbox.authorize(url, "grace"))
    assert echo(world, member, server)["text"] == "hello"


@pytest.fixture(scope="module")
def peer(world, tmp_path_factory):
    server = AuthorizationServer(world.spare_ports[0], tmp_path_factory.mktemp("peer") / "server.log")
    yield server
    server.stop()


def test_the_sdks_own_authorization_server_is_found_by_url(world, organization, peer):
    """A peer that nobody here wrote: registration, proof keys, resource, refresh, revocation."""
    server = create(organization, peer.url)
    used = integration(organization, server)
    assert used["registration"] == "dynamic"
    assert server["discovered"]["resource"] == peer.url
    assert server["auth"]["scopes"] == ["tools"]
    (registered,) = peer.seen("registration")
    # It does not name itself in its answers, so it gets an address of its own to send people back to.
    assert registered["redirectUris"] == [f"{world.harness.gateway}/oauth/callback/{used['id']}"]
    member = world.member(organization, "peer-member")
    connect(world, member, server, peer.approve)
    assert echo(world, member, server)["text"] == "hello"
    assert peer.seen("authorization")[-1]["resource"] == peer.url
    (connection,) = member.api.call("GET", "/v1/connections")["items"]
    organization.owner.call("DELETE", f"/v1/mcp-servers/{server['id']}")
    eventually(lambda: peer.seen("revocation"), what="the revocation at the SDK's server")
    assert connection["integrationId"] == used["id"]


def addresses(port: int) -> list[str]:
    return [
        f"http://127.0.0.1:{port}/x", f"https://127.0.0.1:{port}/x", f"http://[::1]:{port}/x", f"http://localhost:{port}/x",
        f"https://localhost:{port}/x", f"http://2130706433:{port}/x", f"https://0x7f.0.0.1:{port}/x",
        f"http://127.1:{port}/x", f"https://someone@127.0.0.1:{port}/x", f"http://[::ffff:127.0.0.1]:{port}/x",
    ]


def test_nothing_leads_to_a_private_address(world, organization):
    trap, hostile = Trap(), HostileServer(world.spare_ports[1])
    attempts = 0
    try:
        for address in addresses(trap.port):
            answer = organization.owner.raw("POST", "/v1/mcp-servers", {"name": "No", "url": address, "auth": OAUTH})
            assert answer.status in (400, 422), answer.text
            attempts += 1
            for place in PLACES:
                hostile.say(place, address)
                answer = organization.owner.raw(
                    "POST", "/v1/mcp-servers", {"name": "No", "url": hostile.url, "auth": OAUTH})
                # An authorization endpoint is for browsers: what may not be one is refused like any other.
                assert answer.status in (400, 422), f"{place} {address}: {answer.text}"
                # With what stands before it in an address: five digits alone may be part of a request's id.
                assert f":{trap.port}" not in answer.text, "what a stranger names is not repeated"
                attempts += 1
        print(f"figure: {attempts} attempts to lead discovery to a private address, {trap.connections} connections")
        assert attempts >= ATTEMPTS
        assert trap.connections == 0
        # Without the address the same server is set up: what refused the others was the address.
        hostile.say(None)
        assert create(organization, hostile.url)["discovered"]["issuer"] == hostile.origin
        assert hostile.registrations >= 1
    finally:
        trap.stop()
        hostile.stop()


def test_the_client_document_names_the_address_that_is_used(world):
    gateway = world.harness.gateway
    for path, callback in [("", ""), ("/int_abc", "/int_abc")]:
        answer = HTTP().get(f"{gateway}/.well-known/oauth-client{path}", {})
        document = answer.json()
        assert document["client_id"] == f"{gateway}/.well-known/oauth-client{path}"
        assert document["redirect_uris"] == [f"{gateway}/oauth/callback{callback}"]
        assert document["token_endpoint_auth_method"] == "none"
    assert HTTP().get(f"{gateway}/.well-known/oauth-client/nonsense", {}).status == 404
