"""Every page and state as a picture in artefacts/, each checked for accessibility."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import ARTEFACTS
from playwright.sync_api import expect

from bridge.person import choose_account, go_to_provider

DESKTOP = {"width": 1000, "height": 860}
PHONE = {"width": 320, "height": 640}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
REGISTRATION = {
    "appId": "org.example.pictures", "name": "Morning Paper", "homepage": "https://paper.example/",
    "description": "Gathers your mail into one page to read over breakfast.",
}


@pytest.fixture(scope="module")
def violations():
    """How many rules were broken on all pages together; printed once."""
    counted = {}
    yield counted
    print(f"figure: {sum(counted.values())} accessibility violations on {len(counted)} pages and states")


@pytest.fixture
def config(organization):
    return {"integrationId": organization.practice["id"], "scopes": ["mail.read", "mail.send", "calendar.read"]}


@pytest.fixture
def desk(person):
    return person.open_host()


@pytest.fixture
def app(desk):
    app = desk.add_app(identity={"name": None})
    app.call("register", REGISTRATION)
    return app


def look(page, name: str, violations: dict) -> None:
    """Light, dark and on a small phone: a picture and a check of each."""
    size = page.viewport_size
    for suffix, viewport, scheme in (("", DESKTOP, "light"), ("-dark", DESKTOP, "dark"), ("-phone", PHONE, "light")):
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.screenshot(path=ARTEFACTS / f"bridge-{name}{suffix}.png")
        results = Axe().run(page, options=RULES)
        violations[name + suffix] = results.violations_count
        assert results.violations_count == 0, [violation["id"] for violation in results.response["violations"]]
        wider = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{name}{suffix} scrolls sideways by {wider} px"
    page.set_viewport_size(size)
    page.emulate_media(color_scheme="light")


def test_the_consent_dialog(desk, app, config, violations):
    call = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    look(desk.page, "dialog", violations)
    desk.press("Show technical names")
    look(desk.page, "dialog-technical", violations)
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"


def test_the_consent_dialog_with_a_hosts_theme(person, config, violations):
    desk = person.open_host({"theme": {"scheme": "dark", "accent": "#ffb454"}})
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    look(desk.page, "dialog-themed", violations)
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"


def test_names_that_are_far_too_long(desk, config, violations):
    app = desk.add_app(identity={"name": "Donaudampfschifffahrtsgesellschaftskapitän" * 4})
    call = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    look(desk.page, "dialog-long", violations)
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"


def test_waiting_and_the_windows_pages(desk, app, config, violations):
    desk.page.emulate_media(reduced_motion="reduce")
    call = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    before = desk.dialog.bounding_box()
    window = desk.press_continue()
    desk.expect_step("Continue in the .* window")
    assert desk.dialog.bounding_box() == before, "the dialog must not jump from one step to the next"
    look(desk.page, "waiting", violations)
    look(window, "connect", violations)
    go_to_provider(window)
    choose_account(window)
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"


def test_a_window_that_looks_closed(desk, app, config, violations):
    call = app.begin("getValidAuth", config)
    window = desk.press_continue()
    go_to_provider(window)
    window.close()
    desk.expect_step("Is the window still open")
    look(desk.page, "closed", violations)
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"


def test_a_blocked_window(desk, app, config, violations):
    call = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    desk.press_without_a_gesture("Continue")
    desk.expect_step("Your browser blocked the window")
    look(desk.page, "blocked", violations)
    desk.press("Cancel")
    assert app.refused(call) == "popup_blocked"


def test_the_account_picker(desk, app, config, violations):
    auth = app.connect(config)
    call = app.begin("getValidAuth", {**config, "prompt": "select_account"})
    desk.press("Connect another account")
    desk.consent("grace")
    app.settled(call)
    desk.person.member.call("POST", f"/v1/connections/{auth['id']}/default")
    call = app.begin("getValidAuth", {**config, "prompt": "select_account"})
    desk.expect_step("Choose an account")
    expect(desk.dialog.get_by_text("Default", exact=True)).to_be_visible()
    look(desk.page, "picker", violations)
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"


def test_more_scopes_for_an_account(desk, app, config, violations):
    app.connect({**config, "scopes": ["mail.read"]})
    call = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    expect(desk.dialog).to_contain_text("ada@practice.example")
    look(desk.page, "dialog-again", violations)
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"


def test_the_windows_last_page(desk, app, config, violations):
    call = app.begin("getValidAuth", config)
    address = desk.press_continue().url
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"
    window = desk.person.context.new_page()
    window.goto(address)
    expect(window.get_by_role("heading")).to_have_count(1)
    look(window, "window-ended", violations)


def test_names_that_try_to_mislead_are_shown_plainly(desk, config):
    app = desk.add_app(identity={"name": "Safe \u202eknaB\u202c  App\u200b"})
    call = app.begin("getValidAuth", config)
    expect(desk.dialog.get_by_role("heading", level=2)).to_have_text("Connect Practice provider to Safe knaB App")
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"
