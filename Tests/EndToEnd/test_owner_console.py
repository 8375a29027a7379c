"""The owner's pages in a real browser: Integrations and MCP servers, from nothing to in use, and who may not."""

import re

import pytest
from browsers import open_browser
from harness import application, practice_party
from pictures import DESKTOP, look
from playwright.sync_api import expect

TOOL = "lookup-of-the-console"
INTEGRATION_ACTIONS = ("check", "secrets", "status", "delete")
SERVER_ACTIONS = ("tools/refresh", "tools/approve", "tools/block", "status", "delete")
WRONG_SECRET = "console-canary-secret-that-is-wrong"


class Office:
    """An organization and browsers that its people sign in with."""

    def __init__(self, harness, chromium):
        self.harness, self.chromium = harness, chromium
        self.organization, self.party = harness.organization(), practice_party(harness)
        self.console = f"{harness.gateway}/console"
        self.practice = harness.running.plan.practice

    def sign_in(self, user: str, role: str, organization=None):
        context = open_browser(self.chromium, viewport=DESKTOP)
        page = context.new_page()
        host = (organization or self.organization).host
        page.goto(host.create_sign_in_link(user, role, email=f"{user}@example.org")["url"])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/console/")
        return page


@pytest.fixture(scope="module")
def office(harness, chromium):
    return Office(harness, chromium)


@pytest.fixture
def page(office):
    page = office.sign_in("olive", "owner")
    yield page
    page.context.close()


def press(page, name: str) -> None:
    page.get_by_role("button", name=re.compile(f"^{name}")).click()


def tool(page, name: str):
    return page.get_by_role("listitem").filter(has=page.get_by_text(name, exact=True))


def test_an_owner_sets_up_an_integration(harness, office, page):
    page.get_by_role("link", name="Integrations").click()
    expect(page.get_by_text("There are none yet.")).to_be_visible()
    page.get_by_role("link", name="Add an integration").click()
    expect(page.get_by_role("link", name="GitHub", exact=True)).to_be_visible()
    look(page, "console-providers")
    page.goto(f"{office.console}/integrations/new?provider=custom")
    look(page, "console-integration-custom")
    page.goto(f"{office.console}/integrations/new?provider=sandbox")
    page.get_by_label("Name", exact=True).fill("Practice")
    page.get_by_label("Client ID").fill(office.practice.client_id)
    page.get_by_label("Client secret").fill(office.practice.client_secret)
    page.get_by_label("Default scopes").fill("mail.read nonsense scope" + "x" * 3000)
    press(page, "Add")
    # What was wrong is said, and nothing that was filled in is lost but the secret.
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Client ID")).to_have_value(office.practice.client_id)
    assert office.practice.client_secret not in page.content()
    assert office.organization.owner.call("GET", "/v1/integrations")["items"] == []
    look(page, "console-integration-refused")
    page.get_by_label("Client secret").fill(office.practice.client_secret)
    page.get_by_label("Default scopes").fill("mail.read")
    press(page, "Add")
    page.wait_for_url(f"{office.console}/integrations/int_*")
    integration = office.organization.owner.call("GET", "/v1/integrations")["items"][0]
    expect(page.get_by_text(integration["redirectUri"])).to_be_visible()
    press(page, "Check it at the provider")
    expect(page.get_by_text("Good: client credentials")).to_be_visible()
    look(page, "console-integration")

    page.get_by_label("It is tried at the provider").fill(WRONG_SECRET)
    press(page, "Use the new secret")
    expect(page.get_by_role("alert")).to_contain_text("not stored")
    assert WRONG_SECRET not in page.content()
    inbox, member = application(), office.organization.member()
    assert harness.connect(member, integration, office.party, inbox)["id"]

    page.goto(f"{office.console}/integrations/{integration['id']}")
    press(page, "Switch off")
    expect(page.get_by_text("Switched off")).to_be_visible()
    press(page, "Switch on")
    expect(page.get_by_text("In use")).to_be_visible()
    assert harness.ready(member, integration, inbox)
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_text("These lose something by it:")).to_be_visible()
    expect(page.locator("dl")).to_contain_text("Connections")
    look(page, "console-removal")
    press(page, "Delete")
    page.wait_for_url(f"{office.console}/integrations")
    expect(page.get_by_text("There are none yet.")).to_be_visible()
    assert office.organization.owner.call("GET", "/v1/integrations")["items"] == []


def test_an_owner_adds_an_mcp_server_and_decides_about_its_tools(harness, office, page):
    provider = harness.running.practice_provider
    provider.change_tool(TOOL, {"description": "Looks something up.", "inputSchema": {"type": "object"}})
    page.get_by_role("link", name="MCP servers").click()
    page.get_by_role("link", name="Add an MCP server").click()
    page.get_by_label("Name", exact=True).fill("Practice tools")
    page.get_by_label("Address", exact=True).fill("https://127.0.0.1:1/mcp")
    look(page, "console-mcp-server-form")
    press(page, "Add")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Practice tools")
    page.get_by_label("Address", exact=True).fill(f"{office.practice.issuer}/mcp/open")
    page.get_by_label("Nothing to prove").check()
    press(page, "Add")
    page.wait_for_url(f"{office.console}/mcp-servers/mcp_*")
    server = office.organization.owner.call("GET", "/v1/mcp-servers")["items"][0]
    expect(page.get_by_text(f"{harness.gateway}/mcp/{server['id']}")).to_be_visible()
    press(page, "Fetch its tools")
    expect(tool(page, TOOL).get_by_text("New: not approved yet")).to_be_visible()
    tool(page, TOOL).get_by_role("button", name="Approve").click()
    expect(tool(page, TOOL).get_by_text("Approved", exact=True)).to_be_visible()

    provider.change_tool(TOOL, {"description": "Sends what it finds to somebody else."})
    press(page, "Fetch its tools")
    expect(tool(page, TOOL).get_by_text("Changed since it was approved")).to_be_visible()
    expect(tool(page, TOOL).locator("ins")).to_contain_text("somebody else")
    look(page, "console-mcp-server")
    tool(page, TOOL).get_by_role("button", name="Block").click()
    expect(tool(page, TOOL).get_by_text("Blocked", exact=True)).to_be_visible()
    states = {each["name"]: each["state"] for each in office.organization.owner.call(
        "GET", f"/v1/mcp-servers/{server['id']}/tools?limit=200")["items"]}
    assert states[TOOL] == "blocked" and set(states.values()) == {"blocked", "new"}

    # A page that was shown before the tool changed decides about nothing that its reader has not seen.
    provider.change_tool(TOOL, {"description": "Something else again."})
    office.organization.owner.call("POST", f"/v1/mcp-servers/{server['id']}/tools/refresh")
    tool(page, TOOL).get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(tool(page, TOOL).get_by_text("Blocked", exact=True)).to_be_visible()
    provider.remove_tool(TOOL)
    page.get_by_role("link", name="Delete").click()
    press(page, "Delete")
    page.wait_for_url(f"{office.console}/mcp-servers")
    assert office.organization.owner.call("GET", "/v1/mcp-servers")["items"] == []


def test_tools_behind_an_account_are_fetched_with_the_owners_own(harness, office, page):
    integration = office.party.integration(office.organization.owner, "Practice for tools")
    page.goto(f"{office.console}/mcp-servers/new")
    page.get_by_label("Name", exact=True).fill("Practice tools")
    page.get_by_label("Address", exact=True).fill(f"{office.practice.issuer}/mcp")
    page.get_by_label("by an integration").check()
    page.get_by_label("Integration", exact=True).select_option(integration["id"])
    press(page, "Add")
    page.wait_for_url(f"{office.console}/mcp-servers/mcp_*")
    server = page.url
    press(page, "Fetch its tools")
    page.wait_for_url("**/connect/flw_*")
    press(page, "Continue")
    page.wait_for_url(f"{office.practice.issuer}/**")
    page.get_by_role("button", name="Ada").first.click()
    # The practice provider does not ask again what it was told in another test.
    approve, connected = page.get_by_role("button", name="Approve"), page.get_by_role("heading", name=re.compile("is connected$"))
    expect(approve.or_(connected).first).to_be_visible()
    if approve.count():
        approve.first.click()
    expect(connected).to_be_visible()
    page.goto(server)
    press(page, "Fetch its tools")
    expect(page.get_by_role("button", name=re.compile("^Approve")).first).to_be_visible()
    page.goto(f"{server}/delete")
    press(page, "Delete")
    page.wait_for_url(f"{office.console}/mcp-servers")


def test_members_and_other_owners_are_let_through_nowhere(harness, office):
    integration = office.party.integration(office.organization.owner)
    server = office.organization.owner.call(
        "POST", "/v1/mcp-servers",
        {"name": "Open", "url": f"{office.practice.issuer}/mcp/open", "auth": {"type": "none"}})
    before = everything(office)
    pages = ["integrations", "integrations/new", "mcp-servers", "mcp-servers/new", "members", "audit"]
    own = [f"integrations/{integration['id']}", f"mcp-servers/{server['id']}"]
    own += [f"{each}/delete" for each in own]
    forms = ["integrations", "mcp-servers"]
    forms += [f"integrations/{integration['id']}/{action}" for action in INTEGRATION_ACTIONS]
    forms += [f"mcp-servers/{server['id']}/{action}" for action in SERVER_ACTIONS]
    forms += [f"members/{people(office)['owner']['id']}/{action}" for action in ("role", "remove")]
    attempts = 0

    member = office.sign_in("mia", "member")
    expect(member.get_by_role("link", name="Integrations")).to_have_count(0)
    stranger = office.sign_in("otto", "owner", harness.organization())
    nobody = open_browser(office.chromium).new_page()
    for visitor, seen in ((member, 403), (nobody, 403), (stranger, 404)):
        for path in own + (pages if visitor is not stranger else []):
            assert visitor.goto(f"{office.console}/{path}").status == seen, path
            attempts += 1
    # Forms with a token that is good in the browser, and whatever else they need.
    for visitor in (member, stranger):
        visitor.goto(f"{office.console}/")
        token = visitor.locator("form[action='/sign-out'] input[name=csrf]").get_attribute("value")
        fields = {
            "csrf": token, "name": "Taken over", "url": "https://example.com/mcp", "access": "none", "provider": "github",
            "clientId": "x", "clientSecret": "y", "enabled": "false", "tool": "echo", "definitionHash": "0" * 64,
            "role": "member", "sure": "true",
        }
        for path in forms:
            answer = visitor.request.post(f"{office.console}/{path}", form=fields, max_redirects=0)
            assert answer.status in (400, 403, 404), (path, answer.status)
            attempts += 1
    for visitor in (member, stranger, nobody):
        visitor.context.close()
    assert everything(office) == before
    print(f"figure: {attempts} visits and forms of members, strangers and nobody at the owner's pages: 0 let through")


def everything(office) -> list[dict]:
    return [office.organization.host.call("GET", f"/v1/{kind}")["items"] for kind in ("integrations", "mcp-servers")]


def test_an_owner_changes_roles_removes_people_and_reads_the_trail(harness, office, page):
    office.organization.member("rosa")
    page.get_by_role("link", name="Members").click()
    line = page.get_by_role("listitem").filter(has=page.get_by_text("rosa", exact=True))
    line.get_by_text("Change").first.click()
    look(page, "console-members")
    line.get_by_label("Role").select_option("admin")
    line.get_by_role("button", name="Change the role").click()
    expect(line.get_by_text("Admin", exact=True).first).to_be_visible()
    assert people(office)["rosa"]["role"] == "admin"

    owner = next(each for each in people(office).values() if each.get("email") == "olive@example.org")
    own = page.get_by_role("listitem").filter(has=page.get_by_text("olive@example.org", exact=True))
    for other in [each for each in people(office).values() if each["role"] == "owner" and each["id"] != owner["id"]]:
        office.organization.host.call("PATCH", f"/v1/users/{other['id']}", {"role": "member"})
    page.reload()
    own.get_by_text("Change").first.click()
    own.get_by_label("Role").select_option("member")
    own.get_by_role("button", name="Change the role").click()
    # An organization keeps its last owner.
    expect(page.get_by_role("alert")).to_be_visible()
    assert people(office)[owner["externalId"]]["role"] == "owner"

    line.get_by_text("Change").first.click()
    answer = page.request.post(
        f"{office.console}/members/{people(office)['rosa']['id']}/remove", max_redirects=0,
        form={"csrf": line.locator("input[name=csrf]").first.get_attribute("value")},
        headers={"Origin": harness.gateway})
    assert answer.status == 400 and "rosa" in people(office), "nobody is removed by accident"
    line.get_by_label("Everything of theirs stops").check()
    line.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("rosa", exact=True)).to_have_count(0)
    assert "rosa" not in people(office)

    page.goto(f"{office.console}/audit")
    expect(page.get_by_text("user.removed").first).to_be_visible()
    look(page, "console-audit")
    page.get_by_label("Only this action").fill("user.removed")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("listitem")).to_contain_text(owner["id"])


def people(office) -> dict[str, dict]:
    found = office.organization.host.call("GET", "/v1/users?limit=200")["items"]
    return {each["externalId"]: each for each in found}


def test_a_form_stays_in_the_organization_that_it_was_begun_in(harness, office, page):
    """Two tabs of one browser: a form is not sent in the name of the organization to which the other tab has gone over."""
    page.goto(f"{office.console}/charms")
    page.get_by_label("Name").fill("Begun elsewhere")
    other = harness.organization()
    before = office.organization.host.call("GET", "/v1/charms")["items"]
    second = page.context.new_page()
    second.goto(other.host.create_sign_in_link("olive", "owner", email="olive@example.org")["url"])
    press(second, "Sign in")
    second.wait_for_url("**/console/")
    press(page, "Add")
    expect(page.get_by_text("This form has expired")).to_be_visible()
    assert office.organization.host.call("GET", "/v1/charms")["items"] == before
    assert other.host.call("GET", "/v1/charms")["items"] == []
    # In the organization that is in use now, a page of now does it.
    page.goto(f"{office.console}/charms")
    page.get_by_label("Name").fill("Begun here")
    press(page, "Add")
    page.wait_for_url("**/console/charms/*")
    assert [charm["name"] for charm in other.host.call("GET", "/v1/charms")["items"]] == ["Begun here"]
