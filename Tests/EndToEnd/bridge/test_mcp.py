"""How `charmiq.mcp` behaves: names, arguments, calls that are given up, consent in the middle of a call, accounts."""

import pytest
from harness import eventually

from bridge.app import Refusal
from bridge.mcp_peer import MODERN, Peer

FLOOD = 300
MAXIMUM_NAMES = 32


@pytest.fixture
def desk(mcp_desk):
    return mcp_desk


@pytest.fixture
def app(desk):
    return desk.add_app("tools")


def connect(app, server: dict, name: str = "it") -> dict:
    return app.mcp("connect", name, {"mcpServerId": server["id"]})


def test_mcp_is_there_before_the_apps_first_script_and_cannot_be_changed(app):
    assert app.frame.evaluate("""() => {
      const { mcp } = window.charmiq;
      try { mcp.callTool = () => {}; } catch {}
      const promises = Object.values(mcp).map((method) => method());
      promises.forEach((promise) => promise.catch(() => {}));
      return [Object.keys(mcp).sort(), Object.isFrozen(mcp), promises.every((each) => each instanceof Promise)];
    }""") == [["callTool", "connect", "disconnect", "listServers", "listTools"], True, True]


@pytest.mark.parametrize(
    ("method", "argumentsOfIt", "field"),
    [
        ("connect", [], "connectionName"),
        ("connect", ["it"], "config"),
        ("connect", ["it", {}], "mcpServerId"),
        ("connect", ["it", {"mcpServerId": 7}], "mcpServerId"),
        ("connect", ["it", {"mcpServerId": "mcp_x", "url": "https://a.example"}], "mcpServerId"),
        ("connect", ["", {"mcpServerId": "mcp_x"}], "connectionName"),
        ("connect", ["x" * 513, {"mcpServerId": "mcp_x"}], "connectionName"),
        ("connect", ["vfs", {"mcpServerId": "mcp_x"}], "connectionName"),
        ("connect", ["platform-vfs", {"mcpServerId": "mcp_x"}], "connectionName"),
        ("connect", ["it", {"url": "no url", "auth": {"type": "none"}}], "url"),
        ("connect", ["it", {"url": "http://mcp.example.com/", "auth": {"type": "none"}}], "url"),
        ("connect", ["it", {"url": "file:///etc/passwd", "auth": {"type": "none"}}], "url"),
        ("connect", ["it", {"url": "https://a.example/#x", "auth": {"type": "none"}}], "url"),
        ("connect", ["it", {"url": "https://a.example/"}], "auth"),
        ("connect", ["it", {"url": "https://a.example/", "auth": {"type": "magic"}}], "auth.type"),
        ("connect", ["it", {"url": "https://a.example/", "auth": {"type": "platform"}}], "platform"),
        ("connect", ["it", {"url": "https://a.example/", "transport": "stdio", "auth": {"type": "none"}}], "transport"),
        ("connect", ["it", {"url": "https://a.example/", "auth": {"type": "oauth"}}], "providerUrl and integrationId"),
        ("connect", ["it", {"url": "https://a.example/", "auth": {"type": "oauth", "integrationId": "int_x"}}], "scopes"),
        ("callTool", ["vfs"], "toolName"),
        ("callTool", ["vfs", "search_documents", "mill"], "args"),
        ("callTool", ["vfs", "search_documents", ["mill"]], "args"),
        ("listTools", [{}], "connectionName"),
    ],
)
def test_a_mistake_in_an_argument_names_the_field(app, desk, method, argumentsOfIt, field):
    requests = len(desk.requests)
    with pytest.raises(Refusal) as refused:
        app.mcp(method, *argumentsOfIt)
    assert refused.value.code == "invalid_request"
    assert field in refused.value.message
    assert desk.requests[requests:] == []


def test_a_url_of_the_platforms_own_is_no_server(app, desk):
    config = {"url": f"{desk.person.server.origin}/session", "auth": {"type": "none"}}
    assert app.mcp_refused("connect", "it", config) == "invalid_request"


def test_the_gateways_own_server_by_its_address(app, desk, place):
    config = {"url": f"{desk.person.harness.gateway}/mcp/{place['narrow']['id']}", "auth": {"type": "platform"}}
    app.mcp("connect", "it", config)
    assert [tool["name"] for tool in app.mcp("listTools", "it")] == ["echo", "whoami"], "the ceiling holds here too"


def test_explicit_servers_are_for_platforms_that_allow_them(mcp_person):
    app = mcp_person.open_host(connects_to="http://127.0.0.1:*").add_app("tools")
    with Peer(MODERN) as peer:
        for transport in ("direct", "proxy"):
            config = {"url": peer.url, "transport": transport, "auth": {"type": "none"}}
            assert app.mcp_refused("connect", "it", config) == "permission_denied"
        assert peer.received == []


def test_a_token_goes_to_an_explicit_server_only_for_apps_that_may_have_it(desk, place):
    app = desk.add_app("poor", {"requestedScopes": ["oauth.manage"]})
    auth = {"type": "oauth", "integrationId": place["mail"]["auth"]["integrationId"], "scopes": ["openid"]}
    with Peer(MODERN) as peer:
        assert app.mcp_refused("connect", "it", {"url": peer.url, "auth": auth}) == "permission_denied"
        assert peer.received == []
    desk.expect_no_dialog()


def test_the_same_name_again_takes_the_place_of_the_first(app, place):
    connect(app, place["open"])
    connect(app, place["narrow"])
    assert len(app.mcp("listTools", "it")) == 2


def test_a_platform_server_may_be_connected_like_any_other(app):
    assert app.mcp("connect", "files", {"mcpServerId": "platform-vfs"}) == {"name": "vfs", "version": "2"}
    assert app.mcp("callTool", "files", "search_documents", {"query": "a"})["content"][0]["text"] == "found a"


def test_what_a_platform_server_answers_must_be_data(app):
    with pytest.raises(Refusal) as refused:
        app.mcp("callTool", "vfs", "odd", {})
    assert refused.value.code == "internal_error"


def test_names_are_gone_with_the_document(app, desk, place):
    connect(app, place["open"])
    assert desk.diagnostics()["mcpServers"] == 1
    again = desk.load_again("tools")
    assert again.mcp_refused("callTool", "it", "echo", {"text": "a"}) == "not_connected"
    assert desk.diagnostics()["mcpServers"] == 0


def test_a_call_is_given_up_by_the_app_and_ends_at_the_server(app, desk):
    outcome = app.frame.evaluate("""async () => {
      const stop = new AbortController();
      const call = window.charmiq.mcp.callTool("vfs", "wait", {}, { signal: stop.signal });
      const other = window.charmiq.mcp.callTool("vfs", "search_documents", { query: "x" });
      await other;
      stop.abort();
      const code = await call.then(() => "resolved", (error) => error.code);
      const late = await window.charmiq.mcp.callTool("vfs", "wait", {}, { signal: stop.signal }).catch((error) => error.code);
      return [code, late];
    }""")
    assert outcome == ["aborted", "aborted"]
    desk.until("() => window.platformAborted === true")
    eventually(lambda: desk.diagnostics()["pendingCalls"] == 0, what="nothing pending")
    assert len(desk.evaluate("() => window.platformCalls")) == 2, "what was given up before it began is not called"


@pytest.mark.parametrize("how", ["app", "disconnect", "removed"])
def test_a_long_call_ends_at_the_server_with_whoever_wanted_it(app, desk, place, provider_admin, how):
    connect(app, place["open"])

    def counted(what: str) -> int:
        return provider_admin._admin("GET", "/admin/mcp/counters")["tools"].get("slow", {}).get(what, 0)

    begun, ended = counted("calls"), counted("cancelled")
    app.frame.evaluate("""() => {
      window.stop = new AbortController();
      const call = window.charmiq.mcp.callTool("it", "slow", { milliseconds: 60000 }, { signal: window.stop.signal });
      window.outcome = call.then(() => "resolved", (error) => error.code);
    }""")
    eventually(lambda: counted("calls") > begun, what="a call at the server")
    if how == "app":
        app.frame.evaluate("() => window.stop.abort()")
        assert app.frame.evaluate("() => window.outcome") == "aborted"
    elif how == "disconnect":
        app.mcp("disconnect", "it")
        assert app.frame.evaluate("() => window.outcome") == "not_connected"
    else:
        desk.evaluate("() => window.host.removeApp('tools')")
    eventually(lambda: counted("cancelled") > ended, what="the end of the call at the server")
    eventually(lambda: desk.diagnostics()["requests"] == 0, what="no request")


def test_consent_that_a_call_needs_is_asked_for_and_the_same_call_goes_on(app, desk, place, provider_admin):
    app.connect_server("mail", place["mail"])
    calls = provider_admin.tool_calls("list_messages")
    call = app.begin_mcp("callTool", "mail", "list_messages", {"limit": 1})
    desk.consent("ada")
    assert "isError" not in app.settled(call)
    assert provider_admin.tool_calls("list_messages") == calls + 2, "refused for the scope once, done once"
    # The scope is there now.
    app.mcp("callTool", "mail", "list_messages", {"limit": 1})
    desk.expect_no_dialog()


def test_consent_in_a_call_may_be_refused(app, desk, place):
    app.connect_server("mail", place["mail"])
    call = app.begin_mcp("callTool", "mail", "list_messages", {"limit": 1})
    desk.expect_step("^Connect ")
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"
    desk.expect_no_dialog()
    assert app.mcp("callTool", "mail", "whoami")["structuredContent"]["subject"] == "ada"


def test_a_revoked_account_is_asked_for_again_by_the_call(app, desk, place):
    app.connect_server("mail", place["mail"])
    connection = desk.person.member.call("GET", "/v1/connections")["items"][0]
    desk.person.member.call("DELETE", f"/v1/connections/{connection['id']}")
    call = app.begin_mcp("callTool", "mail", "whoami", {})
    desk.consent("grace")
    assert app.settled(call)["structuredContent"]["subject"] == "grace"


def test_several_accounts_are_chosen_from_and_the_choice_stays_with_the_name(app, desk, place):
    app.connect_server("ada", place["mail"], "ada")
    integration = {"integrationId": place["mail"]["auth"]["integrationId"], "scopes": ["openid", "profile"]}
    call = app.begin("getValidAuth", {**integration, "prompt": "select_account"})
    desk.expect_step("Choose an account")
    desk.press("Connect another account")
    desk.consent("grace")
    app.settled(call)
    again = desk.load_again("tools")
    other_desk = desk.person.open_host()
    fresh = other_desk.add_app("tools")
    call = fresh.begin_mcp("connect", "it", {"mcpServerId": place["mail"]["id"]})
    other_desk.expect_step("Choose an account")
    other_desk.press("grace@practice.example")
    fresh.settled(call)
    assert fresh.mcp("callTool", "it", "whoami")["structuredContent"]["subject"] == "grace"
    assert again.mcp_refused("listTools", "it") == "not_connected"


def test_parameters_that_a_tool_wants_in_headers_are_sent(app, place):
    connect(app, place["open"])
    answer = app.mcp("callTool", "it", "region", {"region": "Nürnberg ☂"})
    assert "isError" not in answer, answer


def test_a_blocked_application_uses_no_server(app, desk, place):
    blocked = desk.add_app("blocked")
    connect(blocked, place["open"])
    owner = desk.person.organization.owner
    owner.call("PATCH", "/v1/applications/application-blocked", {"state": "blocked"})

    def is_refused() -> bool:
        try:
            blocked.mcp("callTool", "it", "echo", {"text": "a"})
        except Refusal as refusal:
            return refusal.code in ("application_blocked", "invalid_request")
        return False

    eventually(is_refused, what="the refusal")
    assert blocked.mcp_refused("connect", "again", {"mcpServerId": place["open"]["id"]}) == "application_blocked"
    assert blocked.mcp_refused("listServers") == "application_blocked"
    config = {"url": f"{place.sandbox}/open", "transport": "proxy", "auth": {"type": "none"}}
    assert blocked.mcp_refused("connect", "around", config) == "application_blocked"
    connect(app, place["open"])


def test_an_apps_servers_are_numbered(app, place):
    for number in range(MAXIMUM_NAMES):
        app.mcp("connect", f"files-{number}", {"mcpServerId": "platform-vfs"})
    assert app.mcp_refused("connect", "one-more", {"mcpServerId": "platform-vfs"}) == "rate_limited"
    app.mcp("connect", "files-0", {"mcpServerId": "platform-vfs"})


def test_nothing_is_left_behind(app, desk, place):
    def quiet() -> dict | None:
        # One and the same look: a frame that has not said hello yet is quiet too, and so is one whose grace has not begun.
        held = desk.diagnostics()
        return held if held["connectedFrames"] == held["frames"] and held["timers"] == 0 else None

    before = eventually(quiet, what="a quiet page")
    connect(app, place["open"])
    for _ in range(3):
        app.mcp("callTool", "it", "echo", {"text": "a"})
        app.mcp("callTool", "vfs", "search_documents", {"query": "a"})
    app.mcp("disconnect", "it")
    eventually(lambda: desk.diagnostics() == before, what="everything given back")


def test_a_flood_of_calls_is_answered_and_holds_nobody_up(app, desk, place):
    connect(app, place["open"])
    outcomes = app.frame.evaluate("""(count) => Promise.all(Array.from({ length: count }, () => (
      window.charmiq.mcp.callTool("it", "echo", { text: "a" }).then(() => "ok", (error) => error.code)
    )))""", FLOOD)
    assert len(outcomes) == FLOOD and set(outcomes) <= {"ok", "rate_limited"}
    assert "ok" in outcomes and "rate_limited" in outcomes
    eventually(lambda: desk.diagnostics()["pendingCalls"] == 0, what="nothing pending")
    assert app.mcp("callTool", "it", "echo", {"text": "b"})["content"][0]["text"] == "b"
