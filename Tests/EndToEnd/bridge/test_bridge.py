"""How the bridge behaves between an app and its host: arguments, sharing, queueing, the handshake, what a host can choose."""

import re

import pytest
from playwright.sync_api import expect

from bridge.app import App, Refusal
from bridge.person import approve, go_to_provider

# An app gives up after ten seconds.
PLATFORM_ANSWERS_MILLISECONDS = 11_000
# Later than a document's load event comes on a machine with time.
LATE_MILLISECONDS = 1_500
# By then the document has said that it has loaded; less than a load event that may be another's is given.
AFTER_LOAD_MILLISECONDS = 300


@pytest.fixture
def desk(person):
    return person.open_host()


@pytest.fixture
def selector(organization):
    return {"integrationId": organization.practice["id"]}


@pytest.fixture
def config(selector):
    return {**selector, "scopes": ["mail.read"]}


def test_the_bridge_is_there_before_the_apps_first_script_and_leaves_no_trace(desk):
    app = desk.add_app()
    assert app.frame.evaluate("() => window.atFirstScript") == {"oauth": "object", "scripts": 1}
    assert app.frame.evaluate("() => document.documentElement.outerHTML.includes('lanyard-nonce')") is False
    unchanged = app.frame.evaluate("""() => {
      const { oauth } = window.charmiq;
      try { window.charmiq = {}; } catch {}
      try { oauth.getValidAuth = () => {}; } catch {}
      return window.charmiq.oauth === oauth && oauth.getValidAuth.name === "getValidAuth" && Object.isFrozen(oauth);
    }""")
    assert unchanged
    assert app.frame.evaluate("() => Object.keys(window.charmiq.oauth).sort()") == [
        "getValidAuth", "listAuth", "refreshAuth", "register", "revokeAuth",
    ]


# Holds the load event back and lets it come later, once after each of the delays.
_LATE_APP = """([html, delays, isSecond]) => {
  const frame = window.host.addFrame("late");
  let isHeld = !isSecond;
  frame.addEventListener("load", (event) => {
    if (!event.isTrusted) return;
    if (!isHeld) {
      isHeld = true;
      setTimeout(() => (frame.srcdoc = handle.document(html)));
      return;
    }
    event.stopImmediatePropagation();
    for (const [index, delay] of delays.entries()) {
      setTimeout(() => {
        frame.dispatchEvent(new Event("load"));
        window.loadsCame = index + 1;
      }, delay);
    }
  });
  const handle = window.host.bridge.attach(frame, { applicationId: "application-late", name: "Late" });
  window.voided = [];
  handle.onVoid = (reason) => window.voided.push(reason);
  if (isSecond) frame.srcdoc = handle.document(html);
  else handle.load(html);
}"""


@pytest.mark.parametrize("delays, is_second", [
    pytest.param([LATE_MILLISECONDS], False, id="its own"),
    pytest.param([LATE_MILLISECONDS], True, id="of a second document that the host set itself"),
    pytest.param([AFTER_LOAD_MILLISECONDS, 2 * AFTER_LOAD_MILLISECONDS], False, id="that of the document before, then its own"),
])
def test_an_app_whose_load_event_comes_late_keeps_its_bridge(desk, selector, delays, is_second):
    """As on a busy machine: the document has long said that it has loaded."""
    desk.evaluate(_LATE_APP, [desk.hosted.app_document("Late"), delays, is_second])
    desk.until(f"() => window.loadsCame === {len(delays)}")
    assert App(desk, "late").call("listAuth", selector) == []
    assert desk.evaluate("() => window.voided") == []


def test_every_method_returns_a_promise_whatever_it_gets(desk):
    app = desk.add_app()
    assert app.frame.evaluate("""() => Object.values(window.charmiq.oauth).every((method) => {
      const result = method();
      result.catch(() => {});
      return result instanceof Promise;
    })""")


@pytest.mark.parametrize(
    ("method", "argument", "field"),
    [
        ("register", None, "register"),
        ("register", {"name": "x"}, "appId"),
        ("register", {"appId": "x"}, "name"),
        ("register", {"appId": "x", "name": "y", "icon": "javascript:alert(1)"}, "icon"),
        ("register", {"appId": "x", "name": "y", "homepage": "no url"}, "homepage"),
        ("register", {"appId": "x" * 513, "name": "y"}, "appId"),
        ("register", {"appId": "x", "name": "two\nlines"}, "name"),
        ("getValidAuth", None, "getValidAuth"),
        ("getValidAuth", [], "getValidAuth"),
        ("getValidAuth", {}, "providerUrl and integrationId"),
        ("getValidAuth", {"providerUrl": "https://a.example", "integrationId": "x"}, "providerUrl and integrationId"),
        ("getValidAuth", {"providerUrl": "not a url"}, "providerUrl"),
        ("getValidAuth", {"providerUrl": "ftp://a.example"}, "providerUrl"),
        ("getValidAuth", {"integrationId": 7}, "integrationId"),
        ("getValidAuth", {"integrationId": "x", "scopes": "mail.read"}, "scopes"),
        ("getValidAuth", {"integrationId": "x", "scopes": [1]}, "scopes"),
        ("getValidAuth", {"integrationId": "x", "prompt": "always"}, "prompt"),
        ("getValidAuth", {"integrationId": "x", "connectionKey": ""}, "connectionKey"),
        ("getValidAuth", {"integrationId": "x", "scope": ["mail.read"]}, "scope"),
        ("listAuth", {"scopes": []}, "scopes"),
        ("refreshAuth", "con_x", "refreshAuth"),
        ("refreshAuth", {}, "id"),
        ("revokeAuth", {"id": 3}, "id"),
    ],
)
def test_a_mistake_in_an_argument_names_the_field(desk, method, argument, field):
    app = desk.add_app()
    with pytest.raises(Refusal) as refused:
        app.call(method, argument)
    assert refused.value.code == "invalid_request"
    assert field in refused.value.message
    assert desk.requests == []


def test_what_cannot_be_passed_on_is_a_mistake_too(desk):
    app = desk.add_app()
    code = app.frame.evaluate("() => window.charmiq.oauth.getValidAuth({ integrationId: () => 1 }).catch((error) => error.code)")
    assert code == "invalid_request"


def test_an_auth_cannot_be_changed(desk, config):
    app = desk.add_app()
    app.connect(config)
    assert app.frame.evaluate("""async (config) => {
      const auth = await window.charmiq.oauth.getValidAuth(config);
      return Object.isFrozen(auth) && Object.isFrozen(auth.scopes);
    }""", config)


def test_equal_calls_share_one_dialog_one_window_and_one_result(desk, config):
    app = desk.add_app()
    same = {**config, "scopes": list(config["scopes"]) * 2}
    calls = [app.begin("getValidAuth", each) for each in (config, same, config)]
    other_frame = desk.add_app("twin", {"applicationId": "application-inbox"})
    shared = other_frame.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    desk.until(f"() => window.host.bridge.diagnostics().pendingCalls === {len(calls) + 1}")
    assert desk.diagnostics()["sharedCalls"] == 1
    assert sum("/v1/auth/resolve" in request for request in desk.requests) == 1
    desk.consent()
    auths = [app.settled(call) for call in calls] + [other_frame.settled(shared)]
    assert len({auth["accessToken"] for auth in auths}) == 1
    desk.expect_no_dialog()


def test_the_result_is_shared_although_the_frame_that_asked_first_is_gone(desk, config):
    first = desk.add_app("first", {"applicationId": "application-shared"})
    second = desk.add_app("second", {"applicationId": "application-shared"})
    first.begin("getValidAuth", config)
    call = second.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    desk.until("() => window.host.bridge.diagnostics().pendingCalls === 2")
    desk.evaluate("() => window.host.removeApp('first')")
    desk.until("() => window.host.voided.length === 1")
    desk.consent()
    assert second.settled(call)["id"]


def test_different_calls_queue_and_live_answers_do_not_wait(desk, config, selector):
    connected = desk.add_app("connected")
    connected.connect(config)
    first, second = desk.add_app("first"), desk.add_app("second")
    calls = [first.begin("getValidAuth", config)]
    desk.expect_step("^Connect .* to First")
    calls.append(second.begin("getValidAuth", config))
    # Behind the dialog, whoever needs nobody is served.
    assert connected.call("getValidAuth", config)["id"]
    assert connected.call("listAuth", selector)
    expect(desk.dialog).to_have_count(1)
    desk.expect_step("^Connect .* to First")
    desk.press("Cancel")
    desk.expect_step("^Connect .* to Second")
    desk.press("Cancel")
    assert [first.refused(calls[0]), second.refused(calls[1])] == ["user_cancelled", "user_cancelled"]


def test_whoever_waited_behind_the_same_account_is_not_asked(desk, config, selector):
    app = desk.add_app()
    first = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    # It has been told that a person is needed, and waits for its turn.
    with desk.page.expect_response(re.compile("/v1/auth/resolve")):
        second = app.begin("getValidAuth", selector)
    desk.consent()
    assert app.settled(first)["id"] == app.settled(second)["id"]
    desk.expect_no_dialog()


def test_too_many_calls_at_once_are_refused(desk, config):
    app = desk.add_app()
    codes = app.frame.evaluate("""async (config) => {
      const calls = Array.from({ length: 70 }, (_, index) =>
        window.charmiq.oauth.getValidAuth({ ...config, scopes: [`scope-${index}`] }).catch((error) => error.code));
      const refused = [];
      calls.forEach((call) => call.then((code) => refused.push(code)));
      while (refused.length < 6) await new Promise((resolve) => setTimeout(resolve, 20));
      return refused.filter((code) => code === "rate_limited").length;
    }""", config)
    assert codes == 6
    desk.evaluate("() => window.host.bridge.close()")


def test_strict_hosts_want_a_registration_first(person, config, selector):
    desk = person.open_host({"strict": True})
    app = desk.add_app()
    assert app.refused(app.begin("getValidAuth", config)) == "not_registered"
    assert app.refused(app.begin("listAuth", selector)) == "not_registered"
    app.call("register", {"appId": "org.example.strict", "name": "Strict"})
    assert app.call("listAuth", selector) == []


def test_a_registration_ends_with_its_document(person, selector):
    desk = person.open_host({"strict": True})
    app = desk.add_app()
    app.call("register", {"appId": "org.example.strict", "name": "Strict"})
    app = desk.load_again("inbox")
    assert app.refused(app.begin("listAuth", selector)) == "not_registered"


def test_without_a_platform_the_promise_rejects_in_time(desk, config):
    html = desk.evaluate("(html) => window.host.bridge.document(html)", desk.hosted.app_document("Alone"))
    frame = desk.add_stranger("alone", html)
    # Held against a timer of the same page: however late both are, the one that is due first comes first.
    outcome = frame.evaluate("""([config, milliseconds]) => Promise.race([
      window.charmiq.oauth.getValidAuth(config).catch((error) => error.code),
      new Promise((resolve) => setTimeout(() => resolve("too late"), milliseconds)),
    ])""", [config, PLATFORM_ANSWERS_MILLISECONDS])
    assert outcome == "bridge_unavailable"


def test_a_host_can_show_its_own_dialog(desk, config, person):
    app = desk.add_app()
    app.connect(config)
    own = person.open_host()
    own.evaluate("""() => {
      window.host.bridge.close();
      window.steps = [];
      window.host.mount({ onConsent(request) {
        window.request = request;
        window.steps.push(request.step);
        request.onchange = () => window.steps.push(request.step);
        request.signal.addEventListener("abort", () => window.steps.push("ended"));
        const button = document.createElement("button");
        button.textContent = "Own continue";
        button.addEventListener("click", () => request.open());
        document.body.append(button);
      } });
    }""")
    app = own.add_app()
    call = app.begin("getValidAuth", {**config, "prompt": "select_account"})
    own.until("() => window.steps?.length === 1")
    seen = own.evaluate("() => ({ step: request.step, application: request.application, accounts: request.accounts })")
    assert seen["step"] == "choose"
    assert seen["application"] == {"id": "application-inbox", "name": "Inbox"}
    assert [account["displayIdentifier"] for account in seen["accounts"]] == ["ada@practice.example"]
    own.evaluate("() => request.connectAnother()")
    own.until("() => window.steps.length === 2")
    assert own.evaluate("() => request.consent.provider.name")
    with own.page.expect_popup() as opened:
        own.page.get_by_role("button", name="Own continue").click()
    go_to_provider(opened.value)
    approve(opened.value, "grace")
    assert app.settled(call)["displayIdentifier"] == "grace@practice.example"
    assert own.evaluate("() => window.steps") == ["choose", "ask", "waiting", "working", "ended"]
    own.expect_no_dialog()


def test_a_hosts_own_dialog_that_throws_does_not_hang_the_app(person, config):
    desk = person.open_host()
    desk.evaluate("""() => {
      window.host.bridge.close();
      window.host.mount({ onConsent() { throw new Error("broken"); } });
    }""")
    app = desk.add_app()
    assert app.refused(app.begin("getValidAuth", config)) == "bridge_unavailable"


@pytest.mark.parametrize(
    "options", [{"session": ""}, {"session": 7}, {"theme": "blue"}, {"theme": {"accent": "no colour"}}, {"unknown": 1}]
)
def test_a_mistake_of_the_host_is_told_at_once(desk, options):
    assert desk.evaluate("""(options) => {
      try { window.host.mount(options); return "mounted"; } catch (error) { return error.name; }
    }""", options) == "TypeError"


def test_the_dialog_is_worked_by_keyboard_and_gives_the_focus_back(desk, config):
    app = desk.add_app()
    desk.page.locator("iframe[name=inbox]").focus()
    call = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    expect(desk.dialog).to_have_attribute("aria-modal", "true")
    expect(desk.dialog).to_have_accessible_name(re.compile("^Connect "))
    focused = "() => document.querySelector('[data-lanyard-dialog]')?.shadowRoot.activeElement?.textContent"
    assert desk.evaluate(focused).startswith("Connect ")
    # Nothing of the page behind can be reached.
    reached = set()
    for _ in range(8):
        desk.page.keyboard.press("Tab")
        reached.add(desk.evaluate(focused))
    assert {"Continue to Practice provider", "Cancel", "Show technical names"} <= reached
    assert desk.evaluate("() => document.activeElement.tagName") != "IFRAME"
    desk.page.keyboard.press("Escape")
    assert app.refused(call) == "user_cancelled"
    desk.expect_no_dialog()
    assert desk.evaluate("() => document.activeElement.tagName") == "IFRAME"
