"""MCP clients that know an endpoint's address and nothing else: both SDK generations find the way, a person decides in a real browser."""

import pytest
from browsers import open_browser
from conftest import ARTEFACTS
from axe_playwright_python.sync_playwright import Axe
from harness import eventually
from localstack.api import API, Problem
from playwright.sync_api import expect

from mcp.client_site import ClientSite
from mcp.oauth import Client, knock, returned, sign_in
from mcp.sdk import KINDS, MODERN, call, talk

DESKTOP = {"width": 1000, "height": 900}
PHONE = {"width": 320, "height": 640}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
EXPIRE = {"expire": True}


@pytest.fixture(scope="module")
def site(world):
    site = ClientSite(world.spare_ports[-1])
    yield site
    site.stop()


@pytest.fixture(scope="module")
def place(world):
    """An organization with a server of each generation."""
    organization = world.harness.organization()
    servers = {f"{kind}.x": world.add(organization, f"Tools {kind}", world.open[kind].url) for kind in (1, 2)}
    return organization, servers


class Person:
    """Somebody in a real browser."""

    def __init__(self, chromium, site: ClientSite):
        self.context = open_browser(chromium, viewport=DESKTOP)
        self.page = self.context.new_page()
        self.site = site
        self.pages_asked = 0
        self.problems: list[str] = []
        self.page.on("console", lambda entry: self.problems.append(entry.text) if entry.type == "error" else None)

    def sign_in(self, link: str) -> None:
        self.page.goto(link)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/console/")

    def allow(self, url: str) -> str:
        """What the client's redirect handler does: the person looks, allows, and comes back."""
        self.page.goto(url)
        if not self.page.url.startswith(self.site.origin):
            self.pages_asked += 1
            self.page.get_by_role("button", name="Allow").click()
            self.page.wait_for_url(f"{self.site.callback}**")
        return self.site.came_back()


@pytest.fixture
def person(chromium, site):
    person = Person(chromium, site)
    yield person
    person.context.close()


def authorizations(api: API) -> list[dict]:
    return api.call("GET", "/v1/client-authorizations")["items"]


@pytest.mark.parametrize("way", ["registered", "document"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_sdk_connects_by_the_address_alone(world, place, site, person, kind, way):
    organization, servers = place
    server = servers["1.x" if kind.generation == 1 else "2.x"]
    user = f"{way}-{kind.name}"
    person.sign_in(organization.host.create_sign_in_link(user)["url"])
    member = organization.member(user)
    document = site.document(f"/{kind.generation}-{kind.mode}.json") if way == "document" else None
    endpoint = world.endpoint(server)
    conversation = talk(
        kind, endpoint, None,
        [{"list": True}, call("echo", text="hello"), EXPIRE, call("echo", text="again")], person.allow,
        authorize={"redirectUri": site.callback, "document": document})
    listed, first, _, second = conversation.results
    assert "echo" in listed["tools"] and (first["text"], second["text"]) == ("hello", "again")
    assert conversation.revision == kind.revision
    # The page once; the old token was refreshed without anybody.
    assert person.pages_asked == 1
    old, new = conversation.tokens
    assert old["access_token"].startswith("lym_") and old["refresh_token"].startswith("lyr_")
    assert old["access_token"] != new["access_token"] and old["refresh_token"] != new["refresh_token"]
    if document:
        assert conversation.client["client_id"] == document
    else:
        assert conversation.client["client_id"].startswith("mcl_")
    (authorized,) = authorizations(member)
    assert authorized["mcpServerId"] == server["id"] and authorized["clientId"] == conversation.client["client_id"]
    # Either replica takes the token; nothing else does.
    assert [knock(world.endpoint(server, replica), new["access_token"]).status for replica in (0, 1)] == [200, 200]
    assert API(world.harness.gateway, new["access_token"]).raw("GET", "/v1/me").status == 401
    member.call("DELETE", f"/v1/client-authorizations/{authorized['id']}")
    eventually(lambda: knock(endpoint, new["access_token"]).status == 401, what="the revoked token's end")
    assert authorizations(member) == []
    # Signing in lands on a page that asks the browser for its icon; nothing of ours complains.
    assert person.problems == []


def test_all_servers_at_once_and_both_replicas(world, place, site, person):
    organization, _ = place
    person.sign_in(organization.host.create_sign_in_link("all")["url"])
    conversation = talk(
        MODERN, world.endpoint(), None, [{"list": True}, call("tools-1__echo", text="one"), call("tools-2__echo", text="two")],
        person.allow, authorize={"redirectUri": site.callback})
    assert [result["text"] for result in conversation.results[1:]] == ["one", "two"]
    token = conversation.tokens[-1]["access_token"]
    assert knock(world.endpoint(replica=1), token).status == 200
    assert knock(world.endpoint(place[1]["1.x"]), token).status == 401


def test_consent_is_asked_once_for_a_document_and_each_time_otherwise(world, place, site, person):
    organization, servers = place
    person.sign_in(organization.host.create_sign_in_link("remembering")["url"])
    gateway = world.harness.gateway
    resource = world.endpoint(servers["1.x"])
    # On this machine every redirect is a loopback one, for which nothing is ever remembered.
    document = site.document("/remembered.json")
    client = Client(gateway, resource, site.callback, document)
    for _ in range(2):
        assert "code" in returned(person.allow(client.authorize_url()))
    assert person.pages_asked == 2


def test_a_signed_out_person_signs_in_and_comes_back(world, place, site, chromium):
    organization, servers = place
    person = Person(chromium, site)
    try:
        client = Client(world.harness.gateway, world.endpoint(servers["1.x"]), site.callback)
        client.register()
        answer = person.page.goto(client.authorize_url())
        assert answer.status == 403
        look(person.page, "authorize-signed-out")
        person.page.goto(organization.host.create_sign_in_link("returning")["url"])
        person.page.get_by_role("button", name="Sign in").click()
        expect(person.page.get_by_role("heading", name="Let Hand-made client act for you?")).to_be_visible()
        person.page.get_by_role("button", name="Decline").click()
        person.page.wait_for_url(f"{site.callback}**")
        answer = returned(site.came_back())
        assert answer == {"error": "access_denied", "error_description": "The person declined.",
                          "state": "a state & more", "iss": world.harness.gateway}
    finally:
        person.context.close()


def test_the_pages_as_people_see_them(world, place, site, person):
    organization, servers = place
    person.sign_in(organization.host.create_sign_in_link("looker", email="maya@example.com", name="Maya Lindqvist")["url"])
    page, gateway = person.page, world.harness.gateway
    registered = Client(gateway, world.endpoint(servers["1.x"]), site.callback)
    registered.register(client_name="Editor")
    answer = page.goto(registered.authorize_url())
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    for text in ["Editor", "nobody has checked it", site.origin.removeprefix("http://"), "Maya Lindqvist", "Tools 1"]:
        expect(page.get_by_text(text).first).to_be_visible()
    look(page, "authorize-registered")
    everything = Client(gateway, world.endpoint(), site.callback, site.document("/editor.json", client_name="Editor"))
    page.goto(everything.authorize_url())
    expect(page.get_by_text("every MCP server")).to_be_visible()
    look(page, "authorize-document")
    elsewhere = Client(gateway, world.endpoint(), "https://app.example/callback", site.document(
        "/web.json", client_name="Web app", redirect_uris=["https://app.example/callback"]))
    page.goto(elsewhere.authorize_url())
    expect(page.get_by_text("app.example").first).to_be_visible()
    assert page.get_by_role("note").count() == 0
    look(page, "authorize-web")
    page.goto(registered.authorize_url(redirect_uri="https://evil.example/cb"))
    expect(page.get_by_text("Do not go on")).to_be_visible()
    look(page, "authorize-wrong-address")
    page.goto(registered.authorize_url(client_id="mcl_unknown"))
    look(page, "authorize-unknown-client")


def look(page, name: str) -> None:
    """Light, dark and on a small phone: a picture and a check of each."""
    size = page.viewport_size
    for suffix, viewport, scheme in (("", DESKTOP, "light"), ("-dark", DESKTOP, "dark"), ("-phone", PHONE, "light")):
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.screenshot(path=ARTEFACTS / f"{name}{suffix}.png", full_page=True)
        results = Axe().run(page, options=RULES)
        assert results.violations_count == 0, [violation["id"] for violation in results.response["violations"]]
        wider = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{name}{suffix} scrolls sideways by {wider} px"
    page.set_viewport_size(size)
    page.emulate_media(color_scheme="light")


def test_a_removed_person_takes_their_clients_along(world, place, site):
    organization, servers = place
    client = Client(world.harness.gateway, world.endpoint(servers["1.x"]), site.callback)
    client.register()
    tokens = client.tokens(sign_in(organization.host, "leaver"))
    assert knock(client.resource, tokens["access_token"]).status == 200
    member = organization.member("leaver")
    organization.host.call("DELETE", f"/v1/users/{member.call('GET', '/v1/me')['user']['id']}")
    eventually(lambda: knock(client.resource, tokens["access_token"]).status == 401, what="the end of the leaver's client")
    assert client.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_runtime_gets_a_token_per_server_that_carries_its_charm(world, place):
    organization, servers = place
    organization.owner.call("POST", "/v1/charms", {
        "id": "runner", "name": "Runner",
        "mcpServers": [{"mcpServerId": servers["1.x"]["id"], "allowedTools": ["echo"]}]})
    member = organization.member("runtime")
    (item,) = member.call("GET", "/v1/runtime/mcp-servers?charmId=runner")["items"]
    assert item["url"] == world.endpoint(servers["1.x"]) and item["allowedTools"] == ["echo"]
    listed, echoed, refused = talk(
        MODERN, item["url"], item["authorizationToken"],
        [{"list": True}, call("echo", text="run"), call("add", a=1, b=2)]).results
    assert listed["tools"] == ["echo"] and echoed["text"] == "run"
    assert "charm-ceiling" in refused["text"]
    assert knock(world.endpoint(servers["2.x"]), item["authorizationToken"]).status == 401
    both = member.call("GET", "/v1/runtime/mcp-servers?format=anthropic")
    assert {server["name"] for server in both["mcp_servers"]} == {"tools-1", "tools-2"}
    assert [tool["server_label"] for tool in member.call("GET", "/v1/runtime/mcp-servers?format=openai")["tools"]] == [
        "tools-1", "tools-2"]
    with pytest.raises(Problem) as problem:
        member.call("GET", "/v1/runtime/mcp-servers?charmId=ghost")
    assert problem.value.code == "not_found"
