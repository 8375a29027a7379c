"""Whatever goes wrong on the way to consent, the app's promise settles with the documented code and nothing is left."""

import re
import time

import pytest
from harness import PATIENCE_SECONDS, eventually, practice_party
from localstack.api import API
from playwright.sync_api import expect

from bridge.person import (
    SEEN_OPEN_MILLISECONDS, Person, approve, choose_account, click, finish_at_django, go_to_provider, press, sign_in_at_django,
)

# Less than a poll for the result takes when nobody ends it, 25 s: a promise that needs more than this was not told.
BOUND_SECONDS = 22
# What the bridge holds when nobody is being asked; ports, listeners and frames belong to the frames themselves.
AT_REST = ("pendingCalls", "sharedCalls", "timers", "requests", "dialogs", "popups")


@pytest.fixture
def desk(person):
    """A tab with the host's page. Whatever a test did with it, nothing is left in it."""
    desk = person.open_host()
    yield desk
    desk.expect_no_dialog()
    expect_at_rest(desk)


@pytest.fixture
def config(organization):
    return {"integrationId": organization.practice["id"], "scopes": ["mail.read"]}


def expect_at_rest(desk) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        held = {name: count for name, count in desk.diagnostics().items() if name in AT_REST and count}
        if not held:
            return
        assert time.monotonic() < deadline, f"still held: {held}"
        desk.page.wait_for_timeout(50)


def connections(desk) -> list:
    return desk.person.member.call("GET", "/v1/connections")["items"]


@pytest.fixture
def cutting(organization):
    """Asks at a provider whose pages cut the tie to whoever opened their window, as Django's do by default."""
    return {"integrationId": organization.django["id"], "scopes": ["openid", "mail.read"]}


def reach_cutting_provider(desk, app, cutting):
    call = app.begin("getValidAuth", cutting)
    window = desk.press_continue()
    click(window, window.get_by_role("button", name=re.compile("^Continue")))
    # To the host's page the window looks closed now, and it must not be taken for that.
    desk.expect_step("Is the window still open")
    assert window.evaluate("() => opener") is None
    return call, window


def test_a_cut_opener_does_not_keep_the_result_back(desk, cutting):
    app = desk.add_app()
    call, window = reach_cutting_provider(desk, app, cutting)
    sign_in_at_django(window)
    began = time.monotonic()
    press(window, "Authorize")
    assert app.settled(call)["id"]
    assert time.monotonic() - began < BOUND_SECONDS
    assert len(connections(desk)) == 1


def test_a_cut_opener_brings_a_denial_back_too(desk, cutting):
    app = desk.add_app()
    call, window = reach_cutting_provider(desk, app, cutting)
    finish_at_django(window, allow=False)
    assert app.refused(call) == "access_denied"
    assert connections(desk) == []


def test_a_cut_opener_and_no_end_can_be_cancelled(desk, cutting):
    app = desk.add_app()
    call, window = reach_cutting_provider(desk, app, cutting)
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"
    # The person finishes in the window all the same: too late.
    finish_at_django(window)
    window.wait_for_url(re.compile(re.escape(desk.person.harness.gateway)))
    expect(window.get_by_role("heading").first).to_be_visible()
    expect(window.get_by_role("heading").first).not_to_have_text(re.compile("is connected"))
    assert connections(desk) == []


def test_a_cut_opener_can_be_opened_again(desk, cutting):
    app = desk.add_app()
    call, window = reach_cutting_provider(desk, app, cutting)
    window.close()
    with desk.page.expect_popup() as opened:
        desk.press("Open the window again")
    click(opened.value, opened.value.get_by_role("button", name=re.compile("^Continue")))
    finish_at_django(opened.value)
    assert app.settled(call)["id"]
    assert len(connections(desk)) == 1


def test_a_window_closed_before_the_provider_is_a_cancel(desk, config):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    window = desk.press_continue()
    desk.see_the_window()
    began = time.monotonic()
    window.close()
    assert app.refused(call) == "user_cancelled"
    assert time.monotonic() - began < BOUND_SECONDS
    assert connections(desk) == []


def test_a_window_closed_at_the_provider_proves_nothing_and_can_be_opened_again(desk, config):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    window = desk.press_continue()
    go_to_provider(window)
    desk.see_the_window()
    window.close()
    desk.expect_step("Is the window still open")
    with desk.page.expect_popup() as opened:
        desk.press("Open the window again")
    go_to_provider(opened.value)
    approve(opened.value)
    assert app.settled(call)["id"]


def test_a_window_that_goes_at_once_was_not_closed_by_a_person(desk, config):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    # As a blocker does it, on a page that is too busy to see it at once.
    desk.evaluate("""(milliseconds) => {
      const open = window.open.bind(window);
      window.open = (...given) => {
        const opened = open(...given);
        setTimeout(() => {
          opened.close();
          const until = performance.now() + milliseconds;
          while (performance.now() < until);
        });
        return opened;
      };
    }""", SEEN_OPEN_MILLISECONDS)
    desk.press("^Continue to ")
    desk.expect_step("Is the window still open")
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"


def test_a_blocked_window_is_told_and_cancelled_as_such(desk, config):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    desk.press_without_a_gesture("Continue")
    desk.expect_step("Your browser blocked the window")
    desk.press("Cancel")
    assert app.refused(call) == "popup_blocked"
    assert connections(desk) == []


def test_a_blocked_window_can_be_opened_by_its_link(desk, config):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    desk.press_without_a_gesture("Continue")
    desk.expect_step("Your browser blocked the window")
    with desk.person.context.expect_page() as opened:
        desk.dialog.get_by_role("link", name=re.compile("^Open .* in a new tab")).click()
    go_to_provider(opened.value)
    approve(opened.value)
    assert app.settled(call)["id"]
    desk.expect_no_dialog()


def test_denied_consent(desk, config):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    window = desk.press_continue()
    go_to_provider(window)
    choose_account(window)
    began = time.monotonic()
    press(window, "Deny")
    assert app.refused(call) == "access_denied"
    assert time.monotonic() - began < BOUND_SECONDS
    assert connections(desk) == []


def test_a_cancel_on_the_connect_page(desk, config):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    window = desk.press_continue()
    press(window, "Cancel")
    assert app.refused(call) == "user_cancelled"
    assert connections(desk) == []


def test_the_wrong_account(desk, config):
    app = desk.add_app()
    auth = app.connect(config, "ada")
    call = app.begin("getValidAuth", {**config, "scopes": ["mail.read", "files.read"]})
    desk.consent("grace")
    assert app.refused(call) == "access_denied"
    assert [each["id"] for each in connections(desk)] == [auth["id"]]


def test_a_flow_that_nobody_walks_expires(hurried_harness, context, host_server):
    organization = hurried_harness.organization()
    integration = practice_party(hurried_harness).integration(organization.owner)
    desk = Person(context, hurried_harness, organization, host_server).open_host()
    app = desk.add_app()
    began = time.monotonic()
    assert app.refused(app.begin("getValidAuth", {"integrationId": integration["id"]})) == "flow_expired"
    assert time.monotonic() - began < BOUND_SECONDS
    desk.expect_no_dialog()
    expect_at_rest(desk)


def test_a_flow_that_expires_at_the_provider(desk, config):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    window = desk.press_continue()
    go_to_provider(window)
    desk.person.run_out_of_time()
    assert app.refused(call) == "flow_expired"
    assert connections(desk) == []


def test_a_blocked_window_that_nobody_opens(desk, config):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    desk.press_without_a_gesture("Continue")
    desk.expect_step("Your browser blocked the window")
    desk.person.run_out_of_time()
    assert app.refused(call) == "popup_blocked"


def test_a_frame_that_goes_before_continue_takes_its_dialog_and_flow_along(desk, config):
    app = desk.add_app()
    app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    with desk.page.expect_request(lambda request: request.method == "DELETE" and "/v1/flows/" in request.url) as cancelled:
        desk.evaluate("() => window.host.removeApp('inbox')")
    desk.expect_no_dialog()
    assert cancelled.value.response().json()["error"]["code"] == "user_cancelled"
    assert desk.evaluate("() => window.host.voided") == [["inbox", "removed"]]


def test_a_frame_that_reloads_before_continue_takes_its_dialog_along(desk, config):
    app = desk.add_app()
    app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    app.frame.evaluate("() => { setTimeout(() => location.reload()); }")
    desk.expect_no_dialog()
    assert desk.evaluate("() => window.host.voided") == [["inbox", "reloaded"]]
    app = desk.load_again("inbox")
    assert app.call("listAuth", {"integrationId": config["integrationId"]}) == []


def test_a_frame_that_goes_after_continue_lets_the_person_finish(desk, config):
    app = desk.add_app()
    app.begin("getValidAuth", config)
    window = desk.press_continue()
    go_to_provider(window)
    desk.evaluate("() => window.host.removeApp('inbox')")
    desk.expect_no_dialog()
    expect_at_rest(desk)
    approve(window)
    app = desk.add_app("again", {"applicationId": "application-inbox"})
    eventually(lambda: app.call("listAuth", {"integrationId": config["integrationId"]}), what="the account")
    assert app.call("getValidAuth", config)["displayIdentifier"] == "ada@practice.example"


def test_a_bridge_that_closes_rejects_what_its_apps_wait_for(desk, config):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    desk.evaluate("() => window.host.bridge.close()")
    assert app.refused(call) == "bridge_unavailable"
    assert app.refused(app.begin("listAuth", config)) == "bridge_unavailable"
    desk.until("""() => {
      const { ports, listeners, frames } = window.host.bridge.diagnostics();
      return ports === 0 && listeners === 0 && frames === 0;
    }""")


def test_two_tabs_at_once_make_one_connection(desk, config):
    app = desk.add_app()
    other_desk = desk.person.open_host()
    other = other_desk.add_app()
    calls = [app.begin("getValidAuth", config), other.begin("getValidAuth", config)]
    windows = []
    for each in (desk, other_desk):
        each.page.bring_to_front()
        windows.append(each.press_continue())
    # Both flows are under way; the provider itself takes one journey of a browser at a time.
    go_to_provider(windows[0])
    approve(windows[0])
    first = app.settled(calls[0])
    windows[1].bring_to_front()
    go_to_provider(windows[1])
    # Whoever has agreed a moment ago is not asked again.
    click(windows[1], windows[1].locator('button[name="person"][value="ada"]'))
    second = other.settled(calls[1])
    assert first["id"] == second["id"]
    assert len(connections(desk)) == 1
    expect_at_rest(other_desk)


def test_an_outage_while_the_person_is_away_is_ridden_out(desk, config):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    window = desk.press_continue()
    polls = re.compile(re.escape(desk.person.harness.gateway) + "/v1/flows/")
    failed = []
    desk.page.route(polls, lambda route: (failed.append(route.request.url), route.abort()))
    # Makes the running poll end, so that the outage is noticed.
    window.evaluate("() => opener.postMessage({ type: 'lanyard.flow-ended' }, '*')")
    go_to_provider(window)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(failed) < 2:
        assert time.monotonic() < deadline, "the bridge has to go on asking"
        desk.page.wait_for_timeout(50)
    desk.page.unroute(polls)
    approve(window)
    assert app.settled(call)["id"]


def test_a_gateway_that_is_gone_is_told_as_such(desk, config):
    app = desk.add_app()
    desk.page.route(re.compile("/v1/auth/"), lambda route: route.abort())
    for method, argument in (("getValidAuth", config), ("refreshAuth", {"id": "con_x"})):
        assert app.refused(app.begin(method, argument)) == "provider_unavailable"


def test_a_session_that_has_ended_is_asked_for_again_once(person, config):
    desk = person.open_host()
    app = desk.add_app()
    ended = person.organization.host.create_session(person.name)
    desk.hosted.set_session(ended["token"])
    app.call("listAuth", {"integrationId": config["integrationId"]})
    person.organization.host.call("DELETE", f"/v1/sessions/{ended['id']}")
    desk.hosted.set_session(person.organization.host.create_session(person.name)["token"])
    wait_until_refused(person, ended["token"])
    assert app.call("listAuth", {"integrationId": config["integrationId"]}) == []


def test_a_session_that_is_never_valid_is_told_as_such(desk, config):
    desk.hosted.set_session("lys_no-such-session")
    app = desk.add_app()
    assert app.refused(app.begin("getValidAuth", config)) == "unauthenticated"
    assert len(desk.requests) == 2, "asked again once, and not more often"


def wait_until_refused(person, token: str) -> None:
    api = API(person.harness.gateway, token)
    eventually(lambda: api.raw("GET", "/v1/me").status == 401, what="the end of the session")
