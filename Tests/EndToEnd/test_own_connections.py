"""The member's own page in a real browser: what is connected, what was done with it, and how to end it."""

import re

import pytest
from browsers import open_browser
from harness import application, eventually, practice_party
from localstack.api import Problem
from localstack.web import HTTP
from pictures import DESKTOP, look
from playwright.sync_api import expect

COOKIE = "lanyard-session"
ACTIONS = ("default", "pause", "resume", "reconnect", "disconnect")


class Desk:
    """One organization, a member with a Connection, and browsers that people sign in with."""

    def __init__(self, harness, chromium):
        self.harness, self.chromium = harness, chromium
        self.organization, self.party = harness.organization(), practice_party(harness)
        self.integration = self.party.integration(self.organization.owner)
        self.inbox = application()
        self.member = self.organization.member("grace")
        self.connection = harness.connect(self.member, self.integration, self.party, self.inbox)["id"]
        self.pages = f"{harness.gateway}/console/connections"

    @property
    def page_url(self) -> str:
        return f"{self.pages}/{self.connection}"

    def sign_in(self, user: str, role: str | None = None):
        context = open_browser(self.chromium, viewport=DESKTOP)
        page = context.new_page()
        link = self.organization.host.create_sign_in_link(user, role, email=f"{user}@example.org")["url"]
        page.goto(link)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/console/")
        return page

    def state(self) -> str:
        return self.member.call("GET", f"/v1/connections/{self.connection}")["status"]


@pytest.fixture(scope="module")
def desk(harness, chromium):
    return Desk(harness, chromium)


@pytest.fixture
def page(desk):
    page = desk.sign_in("grace")
    yield page
    page.context.close()


def press(page, name: str) -> None:
    page.get_by_role("button", name=re.compile(f"^{name}")).click()


def test_a_person_sees_and_changes_what_is_connected(harness, desk, page):
    page.get_by_role("link", name="Your connections").click()
    page.wait_for_url(desk.pages)
    expect(page.get_by_text(f"for {desk.inbox['name']}")).to_be_visible()
    look(page, "connections")
    page.get_by_role("listitem").get_by_role("link").click()
    page.wait_for_url(desk.page_url)
    expect(page.get_by_text("Received an access token").first).to_be_visible()
    expect(page.get_by_text("Connected the account")).to_be_visible()
    look(page, "connection")

    press(page, "Pause")
    expect(page.get_by_text("Nobody gets a token until you resume it.")).to_be_visible()
    look(page, "connection-paused")
    assert desk.state() == "paused"
    press(page, "Resume")
    expect(page.get_by_text("Resumed it")).to_be_visible()
    assert desk.state() == "active"
    assert harness.ready(desk.member, desk.integration, desk.inbox)["id"] == desk.connection

    press(page, "Connect again")
    page.wait_for_url("**/connect/flw_*")
    expect(page.get_by_text("Account to reconnect")).to_be_visible()
    press(page, "Continue")
    page.wait_for_url(f"{harness.running.plan.practice.issuer}/**")
    page.get_by_role("button", name="Ada").first.click()
    # The practice provider does not ask again what it was told in another test.
    approve, connected = page.get_by_role("button", name="Approve"), page.get_by_role("heading", name=re.compile("is connected$"))
    expect(approve.or_(connected).first).to_be_visible()
    if approve.count():
        approve.first.click()
    expect(connected).to_be_visible()
    page.goto(desk.page_url)
    expect(page.get_by_text("Connected the account again")).to_be_visible()
    secret = harness.ready(desk.member, desk.integration, desk.inbox)["accessToken"]
    page.reload()
    assert secret not in page.content()


def test_nobody_elses_is_seen_or_changed(harness, desk):
    """Not by other members, not by an owner on the page about themselves, not by who is not signed in, not by forms from elsewhere."""
    attempts = 0
    for user, role in (("hedy", None), ("olive", "owner")):
        page = desk.sign_in(user, role)
        page.goto(desk.pages)
        expect(page.get_by_text("There are none.")).to_be_visible()
        look(page, "connections-none")
        assert page.goto(desk.page_url).status == 404
        attempts += 2
        # A whole form as our own page would send it, but for another person's Connection.
        page.goto(f"{harness.gateway}/console/")
        token = page.locator("form[action='/sign-out'] input[name=csrf]").get_attribute("value")
        for action in ACTIONS:
            answer = page.request.post(f"{desk.page_url}/{action}", form={"csrf": token})
            assert answer.status in (400, 404), (action, answer.status)
            attempts += 1
        page.context.close()

    grace = desk.sign_in("grace")
    cookie = next(each["value"] for each in grace.context.cookies() if each["name"] == COOKIE)
    grace.goto(desk.page_url)
    token = grace.locator("input[name=csrf]").first.get_attribute("value")
    signed_in = {"Cookie": f"{COOKIE}={cookie}"}
    for action in ACTIONS:
        for headers, form in (
            ({}, {"csrf": token}),
            (signed_in, {}),
            # The cookie of the browser that the form was shown in is missing.
            (signed_in, {"csrf": token}),
            (signed_in | {"Origin": "https://evil.example"}, {"csrf": token}),
            (signed_in | {"Sec-Fetch-Site": "cross-site"}, {"csrf": token}),
        ):
            answer = HTTP().post_form(f"{desk.page_url}/{action}", form, headers)
            assert answer.status in (400, 403), (action, headers.keys(), answer.status)
            attempts += 1
    grace.context.close()
    assert HTTP().get(desk.pages).status == 403
    assert desk.state() == "active"
    print(f"figure: {attempts} attempts at somebody's own page by others, without a session or from elsewhere: 0 let through")


def test_disconnecting_ends_it_at_the_provider(harness, desk, page):
    token = harness.ready(desk.member, desk.integration, desk.inbox)["accessToken"]
    assert desk.party.mail(token) == 200
    page.goto(desk.page_url)
    press(page, "Disconnect")
    page.wait_for_url(desk.pages)
    eventually(lambda: desk.party.mail(token) != 200, what="the revocation at the provider")
    with pytest.raises(Problem) as refused:
        desk.member.call("POST", "/v1/auth/refresh", {"connectionId": desk.connection, "application": desk.inbox})
    assert refused.value.code == "connection_not_found"
    page.goto(desk.page_url)
    look(page, "connection-disconnected")
    expect(page.get_by_role("button")).to_have_count(0)
