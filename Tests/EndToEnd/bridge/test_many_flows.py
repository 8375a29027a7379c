"""Two hundred flows in a row, left at random points: every promise settles and nothing is held afterwards."""

import random
import time
from collections import Counter

import pytest
from harness import PATIENCE_SECONDS, eventually

from bridge.app import Refusal
from bridge.person import approve, choose_account, go_to_provider, press

FLOWS = 200
SEED = 20_260_101
CONNECTS = {"picker left", "picker", "finish"}
# How often each way is gone, and how its promise settles. Many are left early, as people do; the whole way takes longest.
WAYS = {
    "cancel": (60, "user_cancelled"),
    "escape": (40, "user_cancelled"),
    "frame reloads": (20, "ended with its frame"),
    "cancel while waiting": (20, "user_cancelled"),
    "cancel on the connect page": (15, "user_cancelled"),
    "cancel at the provider": (10, "user_cancelled"),
    "deny": (10, "access_denied"),
    "picker left": (10, "user_cancelled"),
    "picker": (10, "resolved"),
    "finish": (5, "resolved"),
}

# Counts what the page itself holds, apart from the bridge's own count.
_COUNT = """(() => {
  const held = { listeners: new Map(), timers: new Set(), ports: new Set(), dialogs: 0 };
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const watched = (target) => target === window || target === document || target instanceof MessagePort
    || target instanceof HTMLIFrameElement;
  // The tool that drives the browser puts some of its own into the page, to see whether its clicks arrive.
  const foreign = (type) => /^__playwright|click|contextmenu|mouse|pointer|touch/.test(type);
  EventTarget.prototype.addEventListener = function (type, handler, options) {
    if (watched(this) && !foreign(type)) {
      const mine = held.listeners.get(this) ?? held.listeners.set(this, new Map()).get(this);
      mine.set(handler, type);
      if (options?.once) addEventListener.call(this, type, () => mine.delete(handler), { once: true });
    }
    return addEventListener.call(this, type, handler, options);
  };
  EventTarget.prototype.removeEventListener = function (type, handler, options) {
    held.listeners.get(this)?.delete(handler);
    return removeEventListener.call(this, type, handler, options);
  };
  for (const [set, clear, repeats] of [["setTimeout", "clearTimeout", false], ["setInterval", "clearInterval", true]]) {
    const [really, stop] = [window[set].bind(window), window[clear].bind(window)];
    window[set] = (callback, ...rest) => {
      const id = really((...values) => { if (!repeats) held.timers.delete(id); callback(...values); }, ...rest);
      held.timers.add(id);
      return id;
    };
    window[clear] = (id) => { held.timers.delete(id); stop(id); };
  }
  const { close } = MessagePort.prototype;
  const Channel = window.MessageChannel;
  window.MessageChannel = class extends Channel { constructor() { super(); held.ports.add(this.port1); } };
  MessagePort.prototype.close = function () { held.ports.delete(this); return close.call(this); };
  window.heldByPage = () => ({
    listeners: [...held.listeners.values()].reduce((sum, mine) => sum + mine.size, 0),
    timers: held.timers.size, ports: held.ports.size,
    dialogs: document.querySelectorAll("[data-lanyard-dialog]").length,
  });
})()"""


@pytest.mark.timeout(600)
def test_two_hundred_flows_settle_and_leave_nothing(person, organization, provider_admin):
    chance = random.Random(SEED)
    ways = [way for way, (times, _) in WAYS.items() for _ in range(times)]
    assert len(ways) == FLOWS
    chance.shuffle(ways)
    person.context.add_init_script(f"if (window === top && !window.opener) {_COUNT}")
    desk = person.open_host()
    app = desk.add_app()
    config = {"integrationId": organization.practice["id"], "scopes": ["mail.read"]}
    before = eventually(lambda: quiet(desk), what="a quiet page")
    outcomes = Counter()
    for way in ways:
        app, outcome = walk(desk, app, config, way, chance)
        assert outcome == WAYS[way][1], way
        outcomes[way] += 1
        if way in CONNECTS:
            # Back to where everyone is asked again.
            for each in app.call("listAuth", {"integrationId": config["integrationId"]}):
                app.call("revokeAuth", each)
            provider_admin.end_authorizations("ada")
    after = rest(desk, before)
    leaked = sum((Counter(after) - Counter(before)).values())
    gone = outcomes["frame reloads"]
    settled = sum(outcomes.values()) - gone
    print(f"figure: of {FLOWS} flows {settled} promises settled and {gone} ended with their app's document,"
          f" {leaked} listeners, ports, timers or dialogs leaked")
    assert settled + gone == FLOWS
    assert after == before
    assert leaked == 0
    assert desk.problems == []


def quiet(desk) -> dict[str, int] | None:
    """What is held, in a moment without timers: the handshake of the frame may begin its grace of a second right after one."""
    now = held(desk)
    return now if now["timers"] == 0 else None


def rest(desk, before: dict[str, int]) -> dict[str, int]:
    """What is still held once the last requests have come back."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (now := held(desk)) != before and time.monotonic() < deadline:
        desk.page.wait_for_timeout(50)
    return now


def held(desk) -> dict[str, int]:
    """By the bridge's own count, and by the page's."""
    names = ("listeners", "timers", "ports", "requests", "dialogs", "popups", "pendingCalls", "sharedCalls", "frames")
    own = desk.diagnostics()
    of_page = desk.evaluate("() => window.heldByPage()")
    return {**{name: own[name] for name in names}, **{f"page {name}": count for name, count in of_page.items()}}


def walk(desk, app, config, way: str, chance: random.Random):
    """One flow, left in the given way. The app (another one after a reload) and how the promise settled."""
    if way.startswith("picker"):
        app.connect(config)
        call = app.begin("getValidAuth", {**config, "prompt": "select_account"})
        desk.expect_step("Choose an account")
        desk.press("Cancel" if way == "picker left" else "ada@practice.example")
        return app, settled(app, call)
    call = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    # Somewhere in the first moments, not always in the same one.
    desk.page.wait_for_timeout(chance.choice([0, 0, 0, 20, 120]))
    if way == "frame reloads":
        return reload(desk), "ended with its frame"
    if way == "cancel":
        desk.press("Cancel")
    elif way == "escape":
        desk.page.keyboard.press("Escape")
    else:
        leave_in_the_window(desk, way, chance)
    outcome = settled(app, call)
    desk.expect_no_dialog()
    return app, outcome


def leave_in_the_window(desk, way: str, chance: random.Random) -> None:
    window = desk.press_continue()
    if way == "cancel while waiting":
        desk.page.wait_for_timeout(chance.choice([0, 50, 300]))
        desk.press("Cancel")
        return
    if way == "cancel on the connect page":
        press(window, "Cancel")
        return
    go_to_provider(window)
    if way == "cancel at the provider":
        desk.press("Cancel")
    elif way == "deny":
        choose_account(window)
        press(window, "Deny")
    else:
        approve(window)


def reload(desk):
    """The host loads the app again in the middle of it; the dialog goes with the frame."""
    app = desk.load_again("inbox")
    desk.expect_no_dialog()
    assert desk.diagnostics()["pendingCalls"] == 0
    return app


def settled(app, call: int) -> str:
    try:
        app.settled(call)
    except Refusal as refusal:
        return refusal.code
    return "resolved"
