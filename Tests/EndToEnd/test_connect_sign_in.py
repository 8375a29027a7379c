"""Only the flow's own person connects an account: signed in, or brought along by the host's page."""

import re
import secrets

import pytest
from browsers import open_browser
from bridge.host_page import HostServer
from bridge.storage import assert_nothing_stored
from bridge.person import Person, approve, click, go_to_provider
from harness import Harness, application, eventually, practice_party
from localstack.browser import Browser
from localstack.build import find_binaries
from localstack.options import Options
from localstack.stack import Stack
from localstack.web import HTTP
from conftest import REPOSITORY
from pictures import look
from playwright.sync_api import expect

REQUIRED = {"gateway": {"LANYARD_CONNECT_SIGN_IN": "required"}}
CALLBACK = re.compile("/oauth/callback")
COOKIES = ("lanyard-session", "lanyard-handover")
FORBIDDEN, SEE_OTHER = 403, 303


@pytest.fixture(scope="module")
def guarded(folder, django):
    """A stack as a deployment is set up: nobody connects without being known."""
    stack = Stack(Options(repository=REPOSITORY, data=folder / "guarded", overrides=REQUIRED))
    binaries = find_binaries(REPOSITORY, "debug")
    yield Harness(stack, stack.up(binaries), binaries, django)
    stack.down(erase=True)


@pytest.fixture(scope="module")
def organization(guarded):
    organization = guarded.organization()
    organization.practice = practice_party(guarded).integration(organization.owner)
    return organization


@pytest.fixture
def practice(organization):
    return {"integrationId": organization.practice["id"], "scopes": ["mail.read"]}


@pytest.fixture(autouse=True)
def first_consents(guarded):
    for person in ("ada", "grace", "alan"):
        guarded.running.practice_provider.end_authorizations(person)


@pytest.fixture(scope="module")
def hosts():
    server = HostServer()
    yield server
    server.stop()


@pytest.fixture
def context(chromium):
    context = open_browser(chromium, viewport={"width": 1000, "height": 800})
    # What the bridge's tests look for in its storage afterwards.
    context.tokens = []
    yield context
    assert_nothing_stored(context)
    context.close()


class Member:
    """Somebody of the organization, with a flow of theirs that waits for them."""

    def __init__(self, organization):
        self.organization = organization
        self.name = f"member-{secrets.token_hex(4)}"
        self.api = organization.member(self.name)
        self.flow = self.api.resolve(application(), integrationId=organization.practice["id"])["flow"]
        self.page = self.flow["url"]

    def link(self) -> str:
        return self.organization.host.create_sign_in_link(self.name, email=f"{self.name}@example.org")["url"]

    def sign_in(self, context, url: str | None = None):
        page = context.pages[0] if context.pages else context.new_page()
        page.goto(url or self.link())
        with page.expect_navigation():
            page.get_by_role("button", name="Sign in").click()
        return page

    @property
    def status(self) -> dict:
        return self.api.flow(self.flow["id"], wait_seconds=0)

    def expect_untouched(self, stage: str = "created") -> None:
        assert self.status == {"status": "pending", "stage": stage}
        assert self.api.call("GET", "/v1/connections")["items"] == []

    def expect_connected(self) -> None:
        assert eventually(lambda: self.status["status"] != "pending" and self.status)["status"] == "completed"
        assert len(self.api.call("GET", "/v1/connections")["items"]) == 1


def change_hands(context, gateway: str, to: Member):
    """Whoever is signed in signs out, and somebody else in, in another tab."""
    tab = context.new_page()
    tab.goto(f"{gateway}/console/")
    tab.get_by_role("button", name="Sign out").click()
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    tab.goto(to.link())
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url("**/console/")
    return tab


def consent(page) -> None:
    click(page, page.get_by_role("button", name=re.compile("^Continue")))
    page.wait_for_url(re.compile("/authorize"))
    approve(page)
    page.wait_for_url(re.compile("/connect/"))


def test_nobody_in_particular_signs_in_first_and_comes_back(organization, context):
    member = Member(organization)
    page = context.new_page()
    assert page.goto(member.page).status == FORBIDDEN
    expect(page.get_by_role("heading", name="Sign in first")).to_be_visible()
    assert "Practice" not in page.content(), "nothing is told to whoever has the address alone"
    look(page, "connect-sign-in-first")
    member.expect_untouched()
    # The link comes from elsewhere and knows nothing of the page.
    member.sign_in(context)
    page.wait_for_url(member.page)
    consent(page)
    member.expect_connected()


def test_a_host_can_send_its_person_on_in_one_go(organization, context):
    member = Member(organization)
    page = member.sign_in(context, f"{member.link()}?next=/connect/{member.flow['id']}")
    page.wait_for_url(member.page)
    expect(page.get_by_role("button", name=re.compile("^Continue"))).to_be_visible()


def test_somebody_else_gets_no_further_than_a_page_that_says_so(organization, context):
    ada, bob = Member(organization), Member(organization)
    page = bob.sign_in(context)
    assert page.goto(ada.page).status == FORBIDDEN
    expect(page.get_by_text(f"{bob.name}@example.org")).to_be_visible()
    assert "Practice" not in page.content() and ada.name not in page.content()
    look(page, "connect-other-person")
    ada.expect_untouched()
    page.get_by_role("button", name=re.compile("^Sign out")).click()
    page.wait_for_url(ada.page)
    expect(page.get_by_role("heading", name="Sign in first")).to_be_visible()
    ada.sign_in(context)
    page.wait_for_url(ada.page)
    consent(page)
    ada.expect_connected()


@pytest.mark.parametrize("button", ["Cancel", "Continue"])
def test_a_page_that_was_opened_before_is_of_no_use_to_somebody_else(organization, context, button):
    """A page that the right person had open: whoever is signed in when its buttons are pressed counts."""
    ada, bob = Member(organization), Member(organization)
    page = ada.sign_in(context, f"{ada.link()}?next=/connect/{ada.flow['id']}")
    page.wait_for_url(ada.page)
    change_hands(context, page.url.partition("/connect")[0], bob)
    with page.expect_navigation() as pressed:
        page.get_by_role("button", name=re.compile(f"^{button}")).click()
    assert pressed.value.status == FORBIDDEN
    ada.expect_untouched()


def test_whoever_comes_back_from_the_provider_is_the_one_who_left(organization, context):
    ada, bob = Member(organization), Member(organization)
    page = ada.sign_in(context, f"{ada.link()}?next=/connect/{ada.flow['id']}")
    page.wait_for_url(ada.page)
    go_to_provider(page)
    # While ada's browser is at the provider, it becomes bob's.
    other = change_hands(context, ada.page.partition("/connect")[0], bob)
    with page.expect_response(CALLBACK) as returned:
        approve(page)
    assert returned.value.status == FORBIDDEN
    expect(page.get_by_text(f"{bob.name}@example.org")).to_be_visible()
    look(page, "callback-other-person")
    ada.expect_untouched("atProvider")
    # Nobody at all is not ada either.
    returned_to = page.url
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.goto(returned_to).status == FORBIDDEN
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    ada.expect_untouched("atProvider")


@pytest.mark.parametrize("place", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("policy", [None, "no-referrer", "same-origin"])
def test_the_hosts_page_brings_its_person_along(guarded, organization, practice, hosts, context, place, policy):
    """From the gateway's own site and from another one, whatever the host lets be known of where people come from."""
    person = Person(context, guarded, organization, hosts)
    desk = person.open_host(headers={"Referrer-Policy": policy} if policy else None, place=place)
    app = desk.add_app()
    call = app.begin("getValidAuth", practice)
    window = desk.press_continue()
    window.wait_for_url(re.compile("/connect/flw_[a-z0-9]+$"))
    expect(window.get_by_role("button", name=re.compile("^Continue"))).to_be_visible()
    cookies = {cookie["name"]: cookie for cookie in context.cookies(guarded.gateway)}
    assert cookies["lanyard-handover"]["httpOnly"] and cookies["lanyard-handover"]["sameSite"] == "Lax"
    # For the connect page alone.
    assert window.context.request.get(f"{guarded.gateway}/console/").status == FORBIDDEN
    go_to_provider(window)
    approve(window)
    assert app.settled(call)["id"]
    assert desk.problems == []


def test_a_host_that_allows_no_forms_gets_the_page_that_asks_to_sign_in(guarded, organization, practice, hosts, context):
    person = Person(context, guarded, organization, hosts)
    desk = person.open_host(forms_to="'none'")
    app = desk.add_app()
    call = app.begin("getValidAuth", practice)
    window = desk.press_continue()
    expect(window.get_by_role("heading", name="Sign in first")).to_be_visible()
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"


def test_a_browser_that_is_somebody_elses_is_told_whose(guarded, organization, practice, hosts, context):
    bob = Member(organization)
    bob.sign_in(context)
    person = Person(context, guarded, organization, hosts)
    desk = person.open_host()
    app = desk.add_app()
    call = app.begin("getValidAuth", practice)
    window = desk.press_continue()
    expect(window.get_by_text(f"{bob.name}@example.org")).to_be_visible()
    window.get_by_role("button", name=re.compile("^Sign out")).click()
    expect(window.get_by_role("heading", name="Sign in first")).to_be_visible()
    desk.see_the_window()
    window.close()
    assert app.refused(call) == "user_cancelled"
    call = app.begin("getValidAuth", practice)
    desk.consent()
    assert app.settled(call)["id"]


def test_a_foreign_page_brings_nobody_along(guarded, organization, context):
    """Not even with a session that is good: the browser would be somebody else's without its person knowing."""
    ada = Member(organization)
    token = organization.host.create_session(ada.name)["token"]
    form = f'<form method="post" action="{ada.page}/enter"><input name="session" value="{token}"><button>Go</button></form>'
    context.route("http://evil.example/", lambda route: route.fulfill(body=form, content_type="text/html"))
    page = context.new_page()
    page.goto("http://evil.example/")
    with page.expect_response(re.compile("/enter$")) as answered:
        page.get_by_role("button", name="Go").click()
    assert answered.value.status == FORBIDDEN
    expect(page.get_by_role("heading", name="This could not be continued")).to_be_visible()
    look(page, "connect-foreign-page")
    assert {cookie["name"] for cookie in context.cookies()}.isdisjoint(COOKIES)
    ada.expect_untouched()


def test_nothing_but_the_flows_own_live_session_from_a_host_brings_anybody_along(guarded, organization):
    ada, bob = Member(organization), Member(organization)
    host = "http://localhost:9"
    session = organization.host.create_session(ada.name)
    ended = organization.host.create_session(ada.name)
    organization.host.call("DELETE", f"/v1/sessions/{ended['id']}")
    charm = organization.host.create_session(ada.name, charm="charm-1")["token"]
    key = organization.host._token
    good = session["token"]
    attempts = [
        *((origin, good) for origin in (
            None, "null", "https://evil.example", "http://localhost.evil.example", "http://127.0.0.1.evil.example:80",
            "http://evil.example:9", "https://localhost:9", "file://", "http://localhost:9/", "HTTP://LOCALHOST:9x")),
        *((host, token) for token in (
            "", "lys_" + "x" * 43, ended["token"], charm, key, organization.host.create_session(bob.name)["token"])),
    ]
    let_in = [attempt for attempt in attempts if enter(ada.page, *attempt)]
    other = guarded.organization()
    let_in += [each for each in [(host, other.host.create_session(ada.name)["token"])] if enter(ada.page, *each)]
    print(f"figure: of {len(attempts) + 1} hand-overs that must not be, {len(let_in)} gave a session")
    assert let_in == []
    ada.expect_untouched()
    assert enter(ada.page, host, good), "and the one that must be is"


def test_what_was_handed_over_ends_with_the_hosts_session_and_with_the_person(guarded, organization):
    ada = Member(organization)
    session = organization.host.create_session(ada.name)
    cookie = enter(ada.page, "http://localhost:9", session["token"])
    assert shown(ada.page, cookie)
    organization.host.call("DELETE", f"/v1/sessions/{session['id']}")
    assert not shown(ada.page, cookie)
    again = enter(ada.page, "http://localhost:9", organization.host.create_session(ada.name)["token"])
    assert shown(ada.page, again)
    organization.host.call("DELETE", f"/v1/users/{session['userId']}")
    assert not shown(ada.page, again)


def enter(page: str, origin: str | None, session: str) -> str | None:
    """Posts what the bridge posts; the cookie that came back, if any."""
    http = HTTP()
    answer = http.post_form(f"{page}/enter", {"session": session}, {} if origin is None else {"Origin": origin})
    assert answer.status in (SEE_OTHER, FORBIDDEN), answer.status
    return next((cookie.value for cookie in http.cookies if cookie.name in COOKIES), None)


def shown(page: str, cookie: str) -> bool:
    return HTTP().get(page, {"Cookie": f"lanyard-handover={cookie}"}).status == 200


def test_where_nobody_has_to_be_signed_in_somebody_else_still_gets_no_further(harness):
    """The setting of the local stack."""
    organization = harness.organization()
    organization.practice = practice_party(harness).integration(organization.owner)
    ada, bob = Member(organization), Member(organization)
    browser = Browser()
    opened = browser.open(ada.page)
    assert opened.response.status == 200
    signing_in = browser.open(bob.link())
    browser.submit(signing_in, signing_in.forms[0])
    assert browser.open(ada.page).response.status == FORBIDDEN
    for form in opened.forms:
        assert browser.submit(opened, form).response.status == FORBIDDEN
    ada.expect_untouched()
