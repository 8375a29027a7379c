"""The owner's pages about Charms, Applications and webhooks in a real browser, and who is let through nowhere."""

import re
from base64 import urlsafe_b64encode
from urllib.parse import quote

import pytest
from browsers import open_browser
from harness import application, eventually
from pictures import look
from playwright.sync_api import expect
from test_owner_console import Office, press

# A host platform's ids are free texts.
CHARM = "finance/2 ü?#"
LISTS = ("rules", "decisions", "charms", "applications", "webhooks")
NEW = ("rules/new", "rules/default", "webhooks/new")


class FullOffice(Office):
    """An organization with one of each."""

    def __init__(self, harness, chromium, receiver):
        super().__init__(harness, chromium)
        self.receiver = receiver
        owner = self.organization.owner
        self.server = owner.call("POST", "/v1/mcp-servers", {
            "name": "Open", "url": f"{self.practice.issuer}/mcp/open", "auth": {"type": "none"}})
        self.inbox = application()
        self.integration = self.party.integration(owner)
        self.maya = self.organization.host.session("maya", email="maya@example.org")
        self.maya.resolve(self.inbox, integrationId=self.integration["id"])

    def call(self, method: str, path: str, body=None):
        return self.organization.owner.call(method, path, body)

    def everything(self) -> list[list[dict]]:
        kinds = ("rules", "charms", "webhooks", "applications")
        lists = [self.organization.host.call("GET", f"/v1/{kind}")["items"] for kind in kinds]
        return [*lists, [self.call("GET", "/v1/organization")]]


@pytest.fixture(scope="module")
def office(harness, chromium, receiver):
    return FullOffice(harness, chromium, receiver)


@pytest.fixture
def page(office):
    page = office.sign_in("olive", "owner")
    yield page
    page.context.close()


def test_a_charm_is_added_narrowed_and_deleted(office, page):
    page.get_by_role("link", name="Charms").click()
    expect(page.get_by_text("There are none yet.")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Finance")
    page.get_by_label("The id that your platform has").fill(CHARM)
    press(page, "Add")
    expect(page.get_by_role("heading", name="Finance", level=1)).to_be_visible()
    page.get_by_label("Tools of Open").fill("echo\nadd")
    press(page, "Save")
    # Names of tools that would be lost are not taken for nothing.
    expect(page.get_by_role("alert")).to_contain_text("Only these tools")
    expect(page.get_by_label("Tools of Open")).to_have_value("echo\nadd")
    assert office.call("GET", "/v1/charms")["items"][0]["mcpServers"] == []
    page.get_by_label("Only these tools").check()
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_label("Only these tools")).to_be_checked()
    expect(page.get_by_role("alert")).to_have_count(0)
    look(page, "console-charm")
    [charm] = office.call("GET", "/v1/charms")["items"]
    assert charm["id"] == CHARM
    assert charm["mcpServers"] == [{"mcpServerId": office.server["id"], "allowedTools": ["echo", "add"]}]
    page.get_by_role("link", name="All Charms").click()
    expect(page.get_by_role("listitem")).to_contain_text("Open, 2 tools")
    look(page, "console-charms")
    page.get_by_role("link", name="Finance").click()
    page.get_by_label("Everything that the organization allows").check()
    page.get_by_label("Tools of Open").fill("")
    press(page, "Save")
    expect(page.get_by_label("Everything that the organization allows")).to_be_checked()
    eventually(
        lambda: office.call("GET", "/v1/charms")["items"][0]["mcpServers"] == [{"mcpServerId": office.server["id"]}],
        what="the change")
    # Somebody else narrows it while the page is open: a new name does not undo that.
    page.goto(page.url)
    narrowed = [{"mcpServerId": office.server["id"], "allowedTools": ["echo"]}]
    office.call("PATCH", f"/v1/charms/{quote(CHARM, safe='')}", {"mcpServers": narrowed})
    page.get_by_label("Name", exact=True).fill("Accounting")
    press(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("Somebody has changed the Charm meanwhile")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Accounting")
    [charm] = office.call("GET", "/v1/charms")["items"]
    assert (charm["name"], charm["mcpServers"]) == ("Finance", narrowed)
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("heading", name="Delete Finance?")).to_be_visible()
    expect(page.get_by_text("Sessions that name it reach nothing")).to_be_visible()
    press(page, "Delete")
    page.wait_for_url(f"{office.console}/charms")
    expect(page.get_by_text("There are none yet.")).to_be_visible()
    assert office.call("GET", "/v1/charms")["items"] == []


def test_an_application_is_blocked_and_kept_from_tokens(office, page):
    page.get_by_role("link", name="Applications").click()
    line = page.get_by_role("listitem").filter(has=page.get_by_text(office.inbox["name"], exact=True))
    expect(line).to_contain_text("Holds tokens itself")
    line.get_by_text("Change").first.click()
    look(page, "console-applications")
    line.get_by_label("Tokens of accounts").select_option("gatewayOnly")
    press(page, "Save")
    # The page after it shows the form to whoever asks for it.
    expect(line.get_by_label("Tokens of accounts")).to_be_hidden()
    expect(line).to_contain_text("Through the gateway only")
    expect(line).to_contain_text("Allowed")
    line.get_by_text("Change").first.click()
    line.get_by_label("State").select_option("blocked")
    press(page, "Save")
    expect(line.locator(".bad")).to_have_text("Blocked")
    found = office.call("GET", f"/v1/applications/{office.inbox['id']}")
    assert (found["state"], found["tokenRelease"]) == ("blocked", "gatewayOnly")
    # Somebody else decides while the page is open: a form changes what was changed in it, and leaves the rest.
    office.call("PATCH", f"/v1/applications/{office.inbox['id']}", {"state": "pending"})
    line.get_by_text("Change").first.click()
    line.get_by_label("Tokens of accounts").select_option("release")
    press(page, "Save")
    expect(line).to_contain_text("Holds tokens itself")
    found = office.call("GET", f"/v1/applications/{office.inbox['id']}")
    assert (found["state"], found["tokenRelease"]) == ("pending", "release")


def test_a_webhook_shows_its_secret_once_and_what_became_of_its_messages(office, page):
    address = office.receiver.url("/good/of-the-console")
    page.get_by_role("link", name="Webhooks").click()
    page.get_by_role("link", name="Add a webhook").click()
    page.get_by_label("Address").fill("https://10.0.0.1/hook")
    press(page, "Add")
    expect(page.get_by_role("alert")).to_contain_text("Choose at least one event")
    page.get_by_label("An access rule has changed").check()
    page.get_by_label("What it is for").fill("The rota")
    page.get_by_label("Address").fill("http://example.com/hook")
    press(page, "Add")
    expect(page.get_by_role("alert")).not_to_contain_text("Choose at least one event")
    expect(page.get_by_label("An access rule has changed")).to_be_checked()
    look(page, "console-webhook-form")
    assert office.call("GET", "/v1/webhooks")["items"] == []
    page.get_by_label("Address").fill(address)
    press(page, "Add")
    secret = page.get_by_label("Secret", exact=True).input_value()
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/=]{40,}", secret)
    look(page, "console-webhook-created")
    page.get_by_role("link", name="I have kept it").click()
    expect(page.get_by_text("None yet.")).to_be_visible()
    assert secret not in page.content()
    [webhook] = office.call("GET", "/v1/webhooks")["items"]
    assert (webhook["url"], webhook["events"], webhook["description"]) == (address, ["rule.changed"], "The rota")

    rule = office.call("POST", "/v1/rules", {"name": "Told", "effect": "deny", "mode": "shadow"})
    deliveries = f"/v1/webhooks/{webhook['id']}/deliveries"
    eventually(lambda: [each["state"] for each in office.call("GET", deliveries)["items"]] == ["delivered"], what="the delivery")
    page.reload()
    message = page.get_by_role("listitem")
    expect(message).to_contain_text("An access rule has changed")
    expect(message).to_contain_text("Delivered")
    expect(message).to_contain_text("1 attempt, answered 204")
    look(page, "console-webhook")
    press(page, "Send again")
    eventually(lambda: len(office.receiver.of("/good/of-the-console")) == 2, what="the second delivery")
    office.call("DELETE", f"/v1/rules/{rule['id']}")
    press(page, "Switch off")
    expect(page.get_by_text("Switched off")).to_be_visible()
    page.get_by_role("link", name="Delete").click()
    press(page, "Delete")
    page.wait_for_url(f"{office.console}/webhooks")
    expect(page.get_by_text("There are none yet.")).to_be_visible()
    assert office.call("GET", "/v1/webhooks")["items"] == []


def page_of(form: str, pages: dict[str, str]) -> str:
    """The page on which a form stands: its own address, the one above it, or the page for a new one."""
    above = form.rpartition("/")[0]
    return next(each for each in (form, f"{form}/new", above, f"{above}/new") if each in pages)


def test_members_strangers_and_forms_from_elsewhere_are_let_through_nowhere(harness, office):
    rule = office.call("POST", "/v1/rules", {"name": "Kept", "effect": "deny", "mode": "shadow"})
    charm = office.call("POST", "/v1/charms", {"id": "kept", "name": "Kept", "mcpServers": []})
    hook = office.call("POST", "/v1/webhooks", {"url": office.receiver.url("/good/kept"), "events": ["provider.recovered"]})["webhook"]
    ids = {"rules": rule["id"], "charms": charm["id"], "webhooks": hook["id"]}
    own = [f"{kind}/{id}" for kind, id in ids.items()]
    pages = own + [f"{each}/delete" for each in own] + [f"rules/{rule['id']}/watched"]
    forms = [
        "rules", "rules/default", "rules/preview", f"rules/{rule['id']}", f"rules/{rule['id']}/preview", f"rules/{rule['id']}/delete",
        "decisions", "charms", "charms/kept", "charms/kept/delete", f"applications/{office.inbox['id']}", "webhooks",
        f"webhooks/{hook['id']}/status", f"webhooks/{hook['id']}/replay", f"webhooks/{hook['id']}/delete",
    ]
    user = office.maya.call("GET", "/v1/me")["user"]["id"]
    carried = urlsafe_b64encode(b'{"name":"Taken over","effect":"allow"}').decode().rstrip("=")
    fields = {
        "name": "Taken over", "effect": "allow", "rule": carried, "version": rule["updatedAt"], "id": "taken", "state": "allowed",
        "stateShown": "blocked", "tokenRelease": "release", "tokenReleaseShown": "gatewayOnly",
        "url": "https://example.com/hook", "event-rule.changed": "true", "enabled": "false",
        "message": "msg_x", "member": user, "resource": office.server["id"], "acting": "alone",
    }

    def filled(path: str, token: str) -> dict[str, str]:
        return {**fields, "csrf": token} | ({"version": "allow"} if path == "rules/default" else {})

    before = office.everything()
    attempts = 0
    member, admin = office.sign_in("mia", "member"), office.sign_in("ada", "admin")
    stranger = office.sign_in("otto", "owner", harness.organization())
    nobody = open_browser(office.chromium).new_page()
    expect(member.get_by_role("link", name="Access rules")).to_have_count(0)
    for visitor, seen in ((member, 403), (nobody, 403), (stranger, 404)):
        for path in pages + (list(LISTS + NEW) if visitor is not stranger else []):
            assert visitor.goto(f"{office.console}/{path}").status == seen, path
            attempts += 1
    # An admin's browser knows good tokens; none of them is good for another form, another origin, or another browser.
    tokens = {}
    sources = (
        "rules/new", "rules/default", f"rules/{rule['id']}", "decisions", "charms", "charms/kept", "applications",
        "webhooks/new", f"webhooks/{hook['id']}")
    for source in sources:
        assert admin.goto(f"{office.console}/{source}").status == 200, source
        tokens[source] = admin.locator("input[name=csrf]").first.get_attribute("value")
    assert len(set(tokens.values())) == len(tokens), "each form has a token of its own"
    fitting = {path: tokens[page_of(path, tokens)] for path in forms}
    for path, good in fitting.items():
        other = next(token for token in tokens.values() if token != good)
        tries = [
            (admin, good, {"Origin": "null"}), (admin, other, {"Origin": harness.gateway}),
            (member, good, {"Origin": harness.gateway}), (stranger, good, {"Origin": harness.gateway}),
            (nobody, good, {"Origin": harness.gateway}),
        ]
        for visitor, token, headers in tries:
            answer = visitor.request.post(
                f"{office.console}/{path}", form=filled(path, token), max_redirects=0, headers=headers)
            assert answer.status in (400, 403, 404), (path, answer.status, headers)
            attempts += 1
    # Members and strangers whose browsers have a good token of their own fare no better.
    for visitor in (member, stranger):
        visitor.goto(f"{office.console}/")
        token = visitor.locator("form[action='/sign-out'] input[name=csrf]").get_attribute("value")
        for path in fitting:
            answer = visitor.request.post(
                f"{office.console}/{path}", form=filled(path, token), max_redirects=0, headers={"Origin": harness.gateway})
            assert answer.status in (400, 403, 404), (path, answer.status)
            attempts += 1
    for visitor in (member, admin, stranger, nobody):
        visitor.context.close()
    assert office.everything() == before
    print(f"figure: {attempts} visits and forms at the pages about rules, Charms, Applications and webhooks that nobody may make: 0 let through")
