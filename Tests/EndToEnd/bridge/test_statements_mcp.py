"""What the documented API promises about MCP servers: acceptance statements 38 to 47 and 55."""

import hashlib
import json

import pytest

from bridge.mcp_peer import LEGACY, MODERN, Peer
from bridge.person import approve, deny, go_to_provider

# What no answer to an app may hold: of the definitions, and of what proves calls.
SECRET_WORDS = ["url", "auth", "header", "integrationId", "int_", "http", "token", "slug", "needsConnection", "lys_"]
PLATFORM = "vfs"


@pytest.fixture
def desk(mcp_desk):
    return mcp_desk


@pytest.fixture
def app(desk):
    return desk.add_app("tools")


def connect(app, server: dict, name: str = "it") -> dict:
    return app.mcp("connect", name, {"mcpServerId": server["id"]})


def names(tools: list[dict]) -> list[str]:
    return [tool["name"] for tool in tools]


def test_statement_38_platform_and_organization_servers_are_described_and_no_more(app, place):
    servers = app.mcp("listServers")
    assert servers[0] == {
        "id": "platform-vfs", "name": PLATFORM, "isPlatform": True,
        "allowedTools": ["search_documents", "fail", "wait", "odd"],
    }
    rest = {server["name"]: server for server in servers[1:]}
    assert set(rest) == {"Practice tools", "Shared tools", "Open tools", "Narrow tools", "No tools"}
    assert rest["Narrow tools"] == {
        "id": place["narrow"]["id"], "name": "Narrow tools", "allowedTools": ["echo", "not_there", "whoami"],
    }
    assert rest["Open tools"] == {"id": place["open"]["id"], "name": "Open tools"}
    assert rest["No tools"]["allowedTools"] == []
    text = json.dumps(servers[1:])
    assert [word for word in SECRET_WORDS if word in text] == []


def test_statement_38_an_owners_session_shows_an_app_no_more(desk, place):
    token = place.organization.host.create_session("owner", role="owner")["token"]
    desk.hosted.set_session(token)
    servers = desk.add_app("tools").mcp("listServers")
    text = json.dumps(servers[1:])
    assert len(servers) == 6
    assert [word for word in SECRET_WORDS if word in text] == []


def test_statement_39_a_platform_server_works_without_connect(app, desk):
    assert names(app.mcp("listTools", PLATFORM)) == ["search_documents"]
    answer = app.mcp("callTool", PLATFORM, "search_documents", {"query": "mill"})
    assert answer == {"content": [{"type": "text", "text": "found mill"}]}
    assert app.mcp("callTool", "platform-vfs", "search_documents", {"query": "x"})["content"][0]["text"] == "found x"
    calls = desk.evaluate("() => window.platformCalls")
    assert calls[0] == ["search_documents", {"query": "mill"}, "application-tools", None]


def test_statement_40_without_allowed_tools_all_return_and_with_two_only_these(app, place, provider_admin):
    everything = {tool["name"] for tool in provider_admin._admin("GET", "/admin/mcp/tools")["items"]}
    connect(app, place["open"])
    tools = app.mcp("listTools", "it")
    assert set(names(tools)) == everything
    assert all(set(tool) <= {"name", "description", "inputSchema"} for tool in tools)
    connect(app, place["narrow"], "narrow")
    assert names(app.mcp("listTools", "narrow")) == ["echo", "whoami"], "only these that exist"
    connect(app, place["empty"], "empty")
    assert app.mcp("listTools", "empty") == []


def test_statement_41_a_tool_outside_allowed_tools_is_refused_and_reaches_no_server(app, desk, place, provider_admin):
    connect(app, place["narrow"])
    connect(app, place["empty"], "empty")
    before = provider_admin.all_tool_calls()
    attempts = [("it", tool) for tool in ("delete_thing", "ECHO", "echo ", "nothing", "not_there", "__proto__")]
    attempts += [("empty", tool) for tool in ("echo", "delete_thing")]
    for name, tool in attempts:
        assert app.mcp_refused("callTool", name, tool, {"id": "x"}) in ("policy_denied", "invalid_request"), tool
    assert app.mcp_refused("callTool", "it", "delete_thing", {"id": "x"}) == "policy_denied"
    reached = provider_admin.all_tool_calls() - before
    print(f"figure: {len(attempts) + 1} calls of an app to tools that it may not use, {reached} reached the server")
    assert reached == 0
    assert app.mcp_refused("callTool", PLATFORM, "delete_everything", {}) == "policy_denied"
    assert desk.evaluate("() => window.platformCalls") == []
    assert app.mcp("callTool", "it", "echo", {"text": "still works"})["content"][0]["text"] == "still works"


def test_statement_42_the_first_connect_asks_for_consent_and_the_app_gets_no_token(app, desk, place):
    call = app.begin_mcp("connect", "mail", {"mcpServerId": place["mail"]["id"]})
    desk.expect_step("^Connect ")
    assert desk.dialog.get_by_text("Practice tools").count() == 1, "the person is told what the account is for"
    window = desk.press_continue()
    go_to_provider(window)
    approve(window)
    info = app.settled(call)
    desk.expect_no_dialog()
    assert set(info) == {"name", "version"} and info["name"] and info["version"] != "unknown"
    answer = app.mcp("callTool", "mail", "whoami")
    assert answer["structuredContent"]["subject"] == "ada"
    heard = app.frame.evaluate("() => Promise.all(window.calls).then((answers) => JSON.stringify(answers))")
    assert [word for word in ("lys_", "accessToken", "con_", "int_", "Bearer", place.sandbox) if word in heard] == []
    # From then on nobody is asked, also not by a new document of the app.
    again = desk.load_again("tools")
    assert connect(again, place["mail"])["name"] == info["name"]
    desk.expect_no_dialog()


def test_statement_42_a_refused_consent_connects_nothing(app, desk, place):
    call = app.begin_mcp("connect", "mail", {"mcpServerId": place["mail"]["id"]})
    window = desk.press_continue()
    go_to_provider(window)
    deny(window)
    assert app.refused(call) == "access_denied"
    call = app.begin_mcp("connect", "mail", {"mcpServerId": place["mail"]["id"]})
    desk.expect_step("^Connect ")
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"
    assert app.mcp_refused("listTools", "mail") == "not_connected"
    assert desk.person.member.call("GET", "/v1/connections")["items"] == []


def test_statement_42_an_app_has_an_account_of_its_own(app, desk, place):
    app.connect_server("mail", place["mail"], "ada")
    other = desk.add_app("other")
    call = other.begin_mcp("connect", "mail", {"mcpServerId": place["mail"]["id"]})
    desk.expect_step("^Connect .* to Other")
    desk.consent("grace")
    other.settled(call)
    assert app.mcp("callTool", "mail", "whoami")["structuredContent"]["subject"] == "ada"
    assert other.mcp("callTool", "mail", "whoami")["structuredContent"]["subject"] == "grace"
    scopes = {
        (item["scope"]["applicationType"], item["scope"]["applicationId"])
        for item in desk.person.member.call("GET", "/v1/connections")["items"]
    }
    assert scopes == {("Application", "application-tools"), ("Application", "application-other")}


def test_statement_43_the_organizations_token_asks_nobody_and_is_nowhere(app, desk, place, harness):
    token = harness.running.plan.practice.mcp_token
    desk.person.context.tokens.append(token)
    connect(app, place["static"])
    desk.expect_no_dialog()
    answer = app.mcp("callTool", "it", "whoami")
    assert answer["structuredContent"]["tokenFingerprint"] == hashlib.sha256(token.encode()).hexdigest()[:8]
    heard = app.frame.evaluate("() => Promise.all(window.calls).then((answers) => JSON.stringify(answers))")
    assert token not in heard + json.dumps(app.mcp("listServers"))
    logs = [log.read_text(errors="replace") for log in harness.stack.layout.logs.glob("*.log")]
    assert logs and not any(token in text for text in logs)


def test_statement_44_after_disconnect_the_name_rejects(app, place):
    connect(app, place["open"])
    app.mcp("callTool", "it", "echo", {"text": "a"})
    app.mcp("disconnect", "it")
    assert app.mcp_refused("callTool", "it", "echo", {"text": "a"}) == "not_connected"
    assert app.mcp_refused("listTools", "it") == "not_connected"
    assert app.mcp_refused("callTool", "never", "echo", {}) == "not_connected"
    assert app.mcp("disconnect", "it") is None, "ending it twice is no error"


def test_statement_45_a_failing_tool_resolves_and_a_failing_way_rejects(app, desk, place):
    connect(app, place["open"])
    answer = app.mcp("callTool", "it", "fail", {"message": "The printer is on fire."})
    assert answer["isError"] is True
    assert answer["content"] == [{"type": "text", "text": "The printer is on fire."}]
    assert app.mcp_refused("callTool", "it", "crash", {}) == "provider_unavailable"
    desk.page.context.route(f"{desk.person.harness.gateway}/mcp/**", lambda route: route.abort())
    assert app.mcp_refused("callTool", "it", "echo", {"text": "a"}) == "provider_unavailable"
    # What the host's own functions throw is not for apps.
    assert app.mcp_refused("callTool", PLATFORM, "fail", {}) == "unavailable"


@pytest.mark.parametrize("era", [MODERN, LEGACY])
def test_statement_46_direct_goes_from_the_page_itself(app, desk, era):
    with Peer(era) as peer:
        config = {"url": peer.url, "auth": {"type": "none"}}
        assert app.mcp("connect", "peer", config) == {"name": "peer", "version": "3.2.1"}
        assert names(app.mcp("listTools", "peer")) == ["add", "fail"]
        assert app.mcp("callTool", "peer", "add", {"a": 2, "b": 3})["structuredContent"] == {"sum": 5}
        assert app.mcp("callTool", "peer", "fail", {})["isError"] is True
        assert {received.headers["origin"] for received in peer.received} == {desk.person.server.origin}
        for received in peer.received:
            assert not {"cookie", "authorization", "referer"} & set(received.headers)
    assert not any("/mcp" in request for request in desk.requests)


@pytest.mark.parametrize("transport", ["direct", "proxy"])
def test_statement_46_the_persons_account_and_no_token_in_the_app(app, desk, place, transport):
    with Peer(MODERN, accepts="nobody's") as peer:
        target = peer.url if transport == "direct" else place.sandbox
        auth = {"type": "oauth", "integrationId": place["mail"]["auth"]["integrationId"], "scopes": ["openid", "profile"]}
        call = app.begin_mcp("connect", "it", {"url": target, "transport": transport, "auth": auth})
        desk.consent("ada")
        if transport == "direct":
            # Refused with the first token and with a new one: the app is told, and sees neither.
            assert app.refused(call) == "access_denied"
            sent = [received.headers["authorization"] for received in peer.received]
            assert len(sent) == 2 and len(set(sent)) == 2 and all(value.startswith("Bearer ") for value in sent)
        else:
            app.settled(call)
            assert app.mcp("callTool", "it", "whoami")["structuredContent"]["subject"] == "ada"
        heard = app.frame.evaluate("() => Promise.allSettled(window.calls).then((answers) => JSON.stringify(answers))")
        assert "Bearer" not in heard and "accessToken" not in heard


def test_statement_46_proxy_goes_from_the_server_side_and_not_into_its_network(app, desk, place, provider_admin):
    config = {"url": f"{place.sandbox}/open", "transport": "proxy", "auth": {"type": "none"}}
    app.mcp("connect", "it", config)
    before = provider_admin.tool_calls("echo")
    assert app.mcp("callTool", "it", "echo", {"text": "around"})["content"][0]["text"] == "around"
    assert provider_admin.tool_calls("echo") == before + 1
    assert all("/mcp/proxy" in request for request in desk.requests if "/mcp" in request and "/v1/" not in request)
    with Peer(MODERN) as peer:
        port = peer.host.rpartition(":")[2]
        inside = [
            peer.url, f"http://localhost:{port}/mcp", f"http://[::1]:{port}/mcp", f"http://[::ffff:127.0.0.1]:{port}/mcp",
            f"http://2130706433:{port}/mcp", f"https://127.0.0.1:{port}/mcp", "https://127.0.0.1/mcp", "https://10.0.0.1/mcp",
            "https://192.168.1.1/mcp", "https://172.16.0.1/mcp", "https://169.254.169.254/latest/meta-data",
            "http://169.254.169.254/", "https://[fe80::1]/mcp", "https://[fd00::1]/mcp", "https://100.64.0.1/mcp",
            "https://localhost/mcp", "https://0.0.0.0/mcp", f"{desk.person.harness.gateway}/v1/me",
            desk.person.harness.running.plan.of("vault")[0].url, desk.person.harness.running.plan.of("policy")[0].url,
        ]
        for url in inside:
            config = {"url": url, "transport": "proxy", "auth": {"type": "none"}}
            assert app.mcp_refused("connect", "inside", config) == "provider_unavailable", url
        print(f"figure: {len(inside)} addresses inside the server's network, {len(peer.received)} reached through the proxy")
        assert peer.received == []


@pytest.mark.parametrize("change", [
    {"token": "secret"}, {"bearerToken": "secret"}, {"headers": {"Authorization": "Bearer secret"}},
    {"auth": {"type": "none", "token": "secret"}}, {"auth": {"type": "bearer", "token": "secret"}},
    {"auth": {"type": "staticToken", "token": "secret"}}, {"auth": {"type": "platform", "headers": {}}},
    {"auth": "Bearer secret"}, {"url": "https://user:secret@example.com/mcp"}, {"authorization": "Bearer secret"},
])
def test_statement_47_a_token_in_explicit_config_is_invalid(app, desk, change):
    requests = len(desk.requests)
    config = {"url": "https://example.com/mcp", "auth": {"type": "none"}, **change}
    assert app.mcp_refused("connect", "it", config) == "invalid_request"
    assert desk.requests[requests:] == []


def test_statement_55_another_organizations_server_is_unknown(app, desk, harness, place):
    other = harness.organization()
    foreign = other.owner.call("POST", "/v1/mcp-servers", {
        "name": "Foreign", "url": f"{place.sandbox}/open", "auth": {"type": "none"},
    })
    unknown = {**foreign, "id": "mcp_AAAAAAAAAAAAAAAAAAAAAA"}
    for server in (foreign, unknown):
        assert app.mcp_refused("connect", "it", {"mcpServerId": server["id"]}) == "not_found"
    desk.expect_no_dialog()
    assert foreign["id"] not in json.dumps(app.mcp("listServers"))
