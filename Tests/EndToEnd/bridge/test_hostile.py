"""Frames and windows that lie: no forged message is accepted."""

import re

import pytest

from bridge.person import approve, go_to_provider

FORGED = 30
# Far more messages than looks: a window's word makes the bridge look at once and wait on, at most twice in a second.
NUDGES = 300
NUDGES_PER_SECOND = 2
LOOKS_OF_A_NUDGE = 2

# Messages to the host's page: hellos with names that are not theirs, results, calls, oddities of every type.
_TO_HOST = """(known) => {
  const forged = [];
  for (let index = 0; index < 10; index += 1) {
    forged.push({ type: "lanyard.hello", v: 1, nonce: String(index).repeat(32), loading: index % 2 === 0 });
  }
  forged.push(
    { type: "lanyard.hello", v: 1, nonce: known.usedNonce, loading: true },
    { type: "lanyard.hello", v: 1, nonce: known.usedNonce, loading: false },
    { type: "lanyard.hello", v: 1, nonce: "__proto__" }, { type: "lanyard.hello", v: 1, nonce: "" },
    { type: "lanyard.hello", v: 1, nonce: null }, { type: "lanyard.hello", v: 1, nonce: ["x"] },
    { type: "lanyard.hello", nonce: known.usedNonce }, { type: "lanyard.hello", v: 2, nonce: known.usedNonce },
    { type: "lanyard.port", v: 1 }, { type: "lanyard.flow-ended" },
    { type: "lanyard.flow-ended", status: "completed", connectionId: "con_forged" },
    { type: "lanyard.flow-ended", code: "access_denied" },
    { v: 1, id: 1, method: "getValidAuth", argument: known.config },
    { v: 1, id: 1, method: "register", argument: { appId: "org.example.evil", name: "Evil" } },
    { v: 1, id: 1, method: "revokeAuth", argument: { id: "con_x" }, applicationId: "application-inbox" },
    { v: 1, id: 1, ok: true, result: { accessToken: "forged" } },
    { status: "completed", connectionId: "con_forged" }, "lanyard.hello", null, 42,
  );
  return forged;
}"""


@pytest.fixture
def desk(person):
    return person.open_host()


@pytest.fixture
def config(organization):
    return {"integrationId": organization.practice["id"], "scopes": ["mail.read"]}


def used_nonce(desk, name: str = "inbox") -> str:
    """The one-time name that the app's own document has used, as only the host's page can know it."""
    source = desk.page.locator(f"iframe[name={name}]").get_attribute("srcdoc")
    return re.search('data-lanyard-nonce="([0-9a-f]+)"', source).group(1)


def state(desk) -> dict:
    held = desk.diagnostics()
    return {name: held[name] for name in ("frames", "connectedFrames", "ports", "pendingCalls", "unusedNonces")}


def test_a_hostile_sibling_frame_gets_nothing(desk, config):
    app = desk.add_app()
    selector = {"integrationId": config["integrationId"]}
    assert app.call("listAuth", selector) == []
    sibling = desk.add_stranger("sibling", desk.hosted.script(""))
    before, requests = state(desk), len(desk.requests)
    answers = sibling.evaluate("""async ([makeForged, known]) => {
      const answers = [];
      addEventListener("message", (event) => answers.push([event.data?.type, event.ports.length]));
      const forged = makeForged(known);
      for (const message of forged) parent.postMessage(message, "*");
      // To the app itself: a port of ours in the place of the parent's.
      for (let index = 0; index < parent.frames.length; index += 1) {
        if (parent.frames[index] === window) continue;
        const channel = new MessageChannel();
        channel.port1.onmessage = (event) => answers.push([event.data.method, 0]);
        parent.frames[index].postMessage({ type: "lanyard.port", v: 1 }, "*", [channel.port2]);
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
      return [forged.length, answers];
    }""".replace("makeForged(known)", f"({_TO_HOST})(known)"), [None, {"usedNonce": used_nonce(desk), "config": config}])
    sent, accepted = answers[0], answers[1]
    assert sent == FORGED
    print(f"figure: of {sent} forged messages of a sibling frame {len(accepted)} were accepted")
    assert accepted == []
    assert state(desk) == before
    assert desk.requests[requests:] == []
    desk.expect_no_dialog()
    assert app.call("listAuth", selector) == [], "the app's own port must still be the parent's"


def test_a_port_of_a_sibling_is_not_taken_by_an_app_that_waits_for_one(desk, config):
    # Loaded, but not attached: the app waits for its port, and a sibling offers one first.
    html = desk.evaluate("(html) => window.host.bridge.document(html)", desk.hosted.app_document("Late"))
    late = desk.add_stranger("late", html)
    sibling = desk.add_stranger("sibling", desk.hosted.script(""))
    # An app that found no platform in time asks again.
    late.evaluate("""(config) => {
      const ask = () => window.charmiq.oauth.getValidAuth(config).catch((error) => {
        if (error.code === "bridge_unavailable") ask();
      });
      ask();
    }""", config)
    overheard = sibling.evaluate("""async () => {
      const overheard = [];
      for (let index = 0; index < parent.frames.length; index += 1) {
        const channel = new MessageChannel();
        channel.port1.onmessage = (event) => overheard.push(event.data);
        parent.frames[index].postMessage({ type: "lanyard.port", v: 1 }, "*", [channel.port2]);
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
      return overheard;
    }""")
    assert overheard == []
    # Attached a little late, the frame is served by the parent.
    desk.evaluate("""() => {
      const frame = document.querySelector("iframe[name=late]");
      window.host.bridge.attach(frame, { applicationId: "application-late", name: "Late" });
    }""")
    desk.expect_step("^Connect .* to Late")
    desk.press("Cancel")


def test_a_hostile_window_gets_nothing(desk, config, practice):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    window = desk.press_continue()
    go_to_provider(window)
    # The provider's page is the attacker's now.
    page = f"{practice.issuer}/evil"
    desk.person.context.route(page, lambda route: route.fulfill(body="<!doctype html>Evil", content_type="text/html"))
    window.goto(page)
    before, requests = state(desk), len(desk.requests)
    began = desk.evaluate("() => performance.now()")
    sent = window.evaluate("""async ([known, nudges]) => {
      const forged = (MAKE)(known);
      window.answers = [];
      addEventListener("message", (event) => window.answers.push(event.data?.type));
      for (const message of forged) opener.postMessage(message, "*");
      for (let index = 0; index < nudges; index += 1) opener.postMessage({ type: "lanyard.flow-ended" }, "*");
      for (let index = 0; index < opener.frames.length; index += 1) {
        const channel = new MessageChannel();
        channel.port1.onmessage = (event) => window.answers.push(event.data.method);
        opener.frames[index].postMessage({ type: "lanyard.port", v: 1 }, "*", [channel.port2]);
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
      return forged.length;
    }""".replace("MAKE", _TO_HOST), [{"usedNonce": used_nonce(desk), "config": config}, NUDGES])
    assert sent == FORGED
    accepted = window.evaluate("() => window.answers")
    print(f"figure: of {sent} forged messages of a provider's window {len(accepted)} were accepted")
    assert accepted == []
    assert state(desk) == before
    looks = desk.requests[requests:]
    seconds = (desk.evaluate("() => performance.now()") - began) / 1000
    assert all(re.search(r"GET .*/v1/flows/", request) for request in looks), "a message is good for a look, no more"
    assert len(looks) <= LOOKS_OF_A_NUDGE * (1 + seconds * NUDGES_PER_SECOND), "however many messages come"
    desk.expect_step("Continue in the .* window")
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"
    assert app.call("listAuth", {"integrationId": config["integrationId"]}) == []


def test_a_document_that_comes_after_the_apps_has_no_bridge(desk, config):
    app = desk.add_app()
    nonce = used_nonce(desk)
    assert app.call("listAuth", {"integrationId": config["integrationId"]}) == []
    # The frame goes elsewhere by itself; whoever is there now is in the same window.
    elsewhere = desk.hosted.app_document("Elsewhere")
    desk.page.route("**/elsewhere", lambda route: route.fulfill(body=elsewhere, content_type="text/html"))
    app.frame.evaluate("(url) => { setTimeout(() => { location.href = url; }); }", f"{desk.person.server.origin}/elsewhere")
    desk.until("() => window.host.voided?.length === 1")
    app.frame.wait_for_url("**/elsewhere")
    answers = app.frame.evaluate("""async (nonce) => {
      const answers = [];
      addEventListener("message", (event) => answers.push(event.data?.type));
      for (const loading of [true, false]) parent.postMessage({ type: "lanyard.hello", v: 1, nonce, loading }, "*");
      await new Promise((resolve) => setTimeout(resolve, 500));
      return answers;
    }""", nonce)
    assert answers == []
    assert desk.diagnostics()["connectedFrames"] == 0


def test_identity_never_comes_from_a_message(desk, config, practice):
    """The app speaks to the port by itself and claims to be somebody else."""
    first = desk.add_app("first")
    auth = first.connect(config)
    liar = desk.add_app("liar", document=desk.hosted.script("""
      // The app side shows its port with the first call; then the port is spoken to directly.
      window.ports = [];
      const send = MessagePort.prototype.postMessage;
      MessagePort.prototype.postMessage = function (...given) { window.ports.push(this); return send.apply(this, given); };
    """))
    answers = liar.frame.evaluate("""async ([config, id]) => {
      await window.charmiq.oauth.listAuth({ integrationId: config.integrationId });
      const [port] = window.ports;
      const answers = [];
      port.addEventListener("message", ({ data }) => answers.push(data));
      const claims = { applicationId: "application-first", application: { id: "application-first" }, appId: "x" };
      const calls = [
        { v: 1, id: 1001, method: "listAuth", argument: { integrationId: config.integrationId }, ...claims },
        { v: 1, id: 1002, method: "getValidAuth", argument: { integrationId: config.integrationId, connectionKey: id }, ...claims },
        { v: 1, id: 1003, method: "getValidAuth", argument: { ...config, application: claims.application } },
        { v: 1, id: 1004, method: "constructor", argument: {} },
        { v: 1, id: "text", method: "listAuth", argument: {} },
      ];
      calls.forEach((call) => port.postMessage(call));
      while (answers.length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
      return Object.fromEntries(answers.map((each) => [each.id, each.error?.code ?? each.result]));
    }""", [config, auth["id"]])
    assert answers == {
        "1001": [], "1002": "connection_not_found", "1003": "invalid_request", "1004": "invalid_request",
    }


def test_an_iframe_that_shares_the_hosts_origin_is_not_attached(desk):
    refused = desk.evaluate("""() => ["allow-scripts allow-same-origin", null].map((sandbox) => {
      const frame = document.createElement("iframe");
      if (sandbox !== null) frame.setAttribute("sandbox", sandbox);
      try { window.host.bridge.attach(frame, { applicationId: "x" }); return "attached"; } catch (error) { return error.name; }
    })""")
    assert refused == ["TypeError", "TypeError"]


def test_the_windows_own_message_only_makes_the_bridge_look_sooner(desk, config):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    window = desk.press_continue()
    go_to_provider(window)
    approve(window)
    assert app.settled(call)["id"]
