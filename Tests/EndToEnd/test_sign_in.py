"""Signing in by a one-time link, in real browsers: once, by whom it was made for, until it ends."""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from browsers import open_browser
from harness import sql
from localstack.browser import Browser
from localstack.web import HTTP
from pictures import look
from playwright.sync_api import expect

RACERS = 20
COOKIE = "lanyard-session"
# Where a signed-in browser must never be sent.
AWAY = ("//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "evil")


@pytest.fixture(scope="module")
def organization(harness):
    return harness.organization()


@pytest.fixture
def context(chromium):
    context = open_browser(chromium, viewport={"width": 1000, "height": 800})
    yield context
    context.close()


def link(organization, user: str = "owner", role: str | None = None) -> str:
    return organization.host.create_sign_in_link(user, role, email=f"{user}@example.org")["url"]


def sign_in(context, organization, user: str = "owner", role: str | None = None):
    page = context.new_page()
    page.goto(link(organization, user, role))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/")
    return page


def session_cookie(context) -> dict:
    return next(cookie for cookie in context.cookies() if cookie["name"] == COOKIE)


def test_a_link_signs_one_browser_in(harness, organization, context, chromium):
    url = link(organization, "olive", "owner")
    page = context.new_page()
    for _ in range(3):
        # Looking spends nothing: that is what mail programs do.
        assert HTTP().get(url).status == 200
        page.goto(url)
    expect(page.get_by_text("olive@example.org")).to_be_visible()
    look(page, "sign-in")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/")
    expect(page.get_by_text("olive@example.org")).to_be_visible()
    expect(page.get_by_text("Owner", exact=True)).to_be_visible()
    look(page, "console")
    cookie = session_cookie(context)
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax" and cookie["path"] == "/"
    assert "lyb_" not in page.content() and "lyl_" not in page.url
    other = open_browser(chromium)
    late = other.new_page()
    assert late.goto(url).status == 404
    expect(late.get_by_role("heading", name="This link does not work")).to_be_visible()
    look(late, "sign-in-used")
    other.close()


def test_of_many_browsers_at_once_one_is_signed_in(harness, organization):
    url = link(organization, "racer")
    browsers = [Browser() for _ in range(RACERS)]
    pages = [browser.open(url) for browser in browsers]
    start = Barrier(RACERS)

    def press(number: int) -> bool:
        form = pages[number].forms[0]
        start.wait()
        browsers[number].submit(pages[number], form)
        return any(cookie.name == COOKIE and cookie.value for cookie in browsers[number].http.cookies)

    with ThreadPoolExecutor(RACERS) as pool:
        signed_in = sum(pool.map(press, range(RACERS)))
    rows = int(sql(harness, "policy", "SELECT count(*) FROM browser_session b JOIN member m USING"
                                      " (organization_id, user_id) WHERE m.external_id = 'racer'"))
    print(f"figure: of {RACERS} browsers that spent one link at once {signed_in} were signed in, {rows} session")
    assert signed_in == rows == 1


def test_a_link_whose_time_is_over(harness, organization, context):
    url = link(organization, "late")
    page = context.new_page()
    page.goto(url)
    sql(harness, "policy", "UPDATE sign_in_link SET expires_at = now() FROM member m WHERE m.external_id = 'late'"
                           " AND m.user_id = sign_in_link.user_id")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    assert all(cookie["name"] != COOKIE for cookie in context.cookies())


def test_somebody_else_is_told_and_signs_out_first(organization, context):
    page = sign_in(context, organization, "ada")
    url = link(organization, "bob")
    assert page.goto(url).status == 403
    expect(page.get_by_text("ada@example.org")).to_be_visible()
    look(page, "sign-in-other-person")
    page.get_by_role("button", name=re.compile("^Sign out")).click()
    # The link was not spent, and it is where one goes on.
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/")
    expect(page.get_by_text("bob@example.org")).to_be_visible()


def test_every_sign_in_has_a_cookie_of_its_own(harness, organization, context):
    # A value that somebody else has put there, or knows, is not the one that will be signed in.
    planted = "lyb_" + "x" * 43
    context.add_cookies([{"name": COOKIE, "value": planted, "url": harness.gateway}])
    sign_in(context, organization, "ada")
    first = session_cookie(context)["value"]
    sign_in(context, organization, "ada")
    second = session_cookie(context)["value"]
    assert len({planted, first, second}) == 3
    assert console(harness, first).status == 403, "the session that was replaced has ended"
    assert console(harness, second).status == 200


def test_signing_out_ends_the_session_and_not_just_the_cookie(harness, organization, context):
    page = sign_in(context, organization, "ada")
    kept = session_cookie(context)["value"]
    assert console(harness, kept).status == 200
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    look(page, "sign-in-how")
    assert all(cookie["name"] != COOKIE for cookie in context.cookies())
    assert console(harness, kept).status == 403


def test_offboarding_ends_the_session_and_the_links_at_once(harness, organization, context):
    user = organization.host.create_session("leaver")["userId"]
    page = sign_in(context, organization, "leaver")
    waiting = link(organization, "leaver")
    organization.host.call("DELETE", f"/v1/users/{user}")
    assert page.goto(f"{harness.gateway}/console/").status == 403
    expect(page.get_by_role("heading", name="Sign in first")).to_be_visible()
    assert HTTP().get(waiting).status == 404


@pytest.mark.parametrize("end", ["idle_expires_at = now()", "idle_expires_at = now(), expires_at = now()"])
def test_time_ends_the_session(harness, organization, context, end):
    page = sign_in(context, organization, "idler")
    sql(harness, "policy", f"UPDATE browser_session SET {end} FROM member m WHERE m.external_id = 'idler'"
                           " AND m.user_id = browser_session.user_id")
    assert page.goto(f"{harness.gateway}/console/").status == 403


def test_nobody_is_sent_away(harness, organization):
    reached = []
    for away in AWAY:
        browser = Browser()
        page = browser.open(link(organization, "ada"))
        reached.append(browser.submit(page, page.forms[0], values={"next": away}).url)
    print(f"figure: of {len(AWAY)} addresses elsewhere {sum('/console/' not in url for url in reached)} were gone to")
    assert reached == [f"{harness.gateway}/console/"] * len(AWAY)


def test_a_foreign_page_signs_nobody_in(harness, organization, context):
    """The attacker's own link, posted by the attacker's page: the victim would work in the attacker's account."""
    url = link(organization, "mallory")
    evil = f'<!doctype html><form method="post" action="{url}"><button>Win</button></form>'
    context.route("http://evil.example/", lambda route: route.fulfill(body=evil, content_type="text/html"))
    page = context.new_page()
    page.goto(url)
    page.goto("http://evil.example/")
    page.get_by_role("button", name="Win").click()
    expect(page.get_by_role("heading", name="This could not be continued")).to_be_visible()
    assert all(cookie["name"] != COOKIE for cookie in context.cookies())
    assert HTTP().get(url).status == 200, "and the link is still good"


def test_the_local_stack_and_the_command_give_links_that_work(harness, context):
    stack = harness.stack.layout.stack_file
    page = context.new_page()
    for url in (harness.stack_file["consoleLoginUrl"], login(harness, "--stack", str(stack))):
        page.goto(url)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/console/")
        expect(page.get_by_text("owner@example.org")).to_be_visible()
        expect(page.get_by_text("Owner", exact=True)).to_be_visible()


def test_what_happened_is_in_the_audit_trail(harness):
    organization = harness.organization()
    browser = Browser()
    page = browser.open(link(organization, "ada"))
    page = browser.submit(page, page.forms[0])
    browser.submit(page, page.forms[0])
    actions = sql(harness, "policy", "SELECT string_agg(action, ' ' ORDER BY seq) FROM audit_entry"
                                     f" WHERE organization_id = '{organization.id}'")
    assert actions.endswith("user.created sign-in-link.created person.signed-in person.signed-out")


def console(harness, cookie: str):
    return HTTP().get(f"{harness.gateway}/console/", {"Cookie": f"{COOKIE}={cookie}"})


def login(harness, *arguments: str) -> str:
    done = subprocess.run(
        [harness.binaries / "lanyard", "login", *arguments], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()
