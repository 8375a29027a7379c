"""Frames that lie to get at MCP servers: names of other frames, forged messages, poisoned arguments."""

import json

import pytest

FORGED = 30

# Messages to the host's page in the form of the bridge's own: calls, answers, cancels, ports.
_FORGE = """(known) => {
  const calls = ["mcp.listServers", "mcp.connect", "mcp.listTools", "mcp.callTool", "mcp.disconnect"];
  const argument = { connectionName: "it", toolName: "echo", args: { text: "forged" }, config: { mcpServerId: known.id } };
  const forged = [];
  for (const method of calls) {
    forged.push(
      { v: 1, id: 1, method, argument }, { v: 1, id: 2, method, argument, applicationId: "application-tools" },
      { type: "lanyard.hello", v: 1, nonce: known.nonce, id: 3, method, argument },
      { type: "lanyard.port", v: 1, id: 4, method, argument }, { v: 1, id: 5, cancel: true, method },
    );
  }
  forged.push(
    { v: 1, id: 1, ok: true, result: { content: [] } }, { v: 1, void: true }, { v: 1, alive: true }, { v: 1, loaded: true },
    { type: "lanyard.flow-ended", method: "mcp.callTool" },
  );
  return forged;
}"""


@pytest.fixture
def desk(mcp_desk):
    return mcp_desk


@pytest.fixture
def app(desk, place):
    app = desk.add_app("tools")
    app.connect_server("it", place["mail"])
    return app


def test_thirty_forged_frames_reach_no_server(app, desk, place, provider_admin):
    source = desk.page.locator("iframe[name=tools]").get_attribute("srcdoc")
    nonce = source.split('data-lanyard-nonce="')[1].split('"')[0]
    before, requests = provider_admin.all_tool_calls(), len(desk.requests)
    accepted, sent = 0, 0
    for number in range(FORGED):
        stranger = desk.add_stranger(f"stranger-{number}", desk.hosted.script(""))
        said, answers = stranger.evaluate("""async (known) => {
          const answers = [];
          addEventListener("message", (event) => answers.push(event.data));
          const forged = (FORGE)(known);
          for (const message of forged) parent.postMessage(message, "*");
          for (const message of forged) {
            for (let index = 0; index < parent.frames.length; index += 1) {
              if (parent.frames[index] !== window) parent.frames[index].postMessage(message, "*");
            }
          }
          await new Promise((resolve) => setTimeout(resolve, 50));
          return [forged.length, answers];
        }""".replace("FORGE", _FORGE), {"id": place["open"]["id"], "nonce": nonce})
        sent += said
        # Other strangers forge too; what the host's page answers would carry a result or a port.
        accepted += sum(1 for answer in answers if "error" in answer or answer.get("result") not in (None, {"content": []}))
    reached = provider_admin.all_tool_calls() - before
    print(f"figure: {sent} forged messages of {FORGED} frames: {accepted} answered, {reached} calls reached a server")
    assert accepted == 0 and reached == 0
    assert desk.requests[requests:] == []
    assert app.mcp("callTool", "it", "whoami")["structuredContent"]["subject"] == "ada"


# What a server might say were it to take itself for the gateway: the person would be handed over, with their session, to the page it names.
FORGED_FLOWS = [
    {"id": "flw_1", "url": "https://evil.example/connect/flw_1"},
    {"id": "flw_1", "url": "javascript:alert(document.domain)//"},
    {"id": "a" * 40_000, "url": "GATEWAY/connect/" + "a" * 40_000},
    {"id": "flw_1", "url": "GATEWAY.evil.example/connect/flw_1"},
    {"id": "flw_1/../../v1/me", "url": "GATEWAY/connect/flw_1/../../v1/me"},
    {"id": "flw_1", "url": "GATEWAY/connect/flw_2"},
    {"id": ["flw_1"], "url": "GATEWAY/connect/flw_1"},
    "flw_1",
]


def test_no_answer_of_a_server_leads_the_person_away(app, desk, harness):
    forged: list = []

    def answer(route):
        message = json.loads(route.request.post_data)
        result = {"resultType": "input_required", "_meta": {"lanyard/flow": forged[-1]}, "requestState": "s"}
        route.fulfill(
            status=200, content_type="application/json", headers={"Access-Control-Allow-Origin": "*"},
            body=json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}))

    desk.page.route("**/mcp/mcp_*", answer)
    opened: list = []
    desk.page.context.on("page", lambda page: opened.append(page))
    for flow in FORGED_FLOWS:
        text = json.dumps(flow).replace("GATEWAY", harness.gateway)
        expiry = {"expiresAt": "2099-01-01T00:00:00Z", "consent": {"application": {"name": "Tools"}}}
        forged.append(json.loads(text) | expiry if isinstance(flow, dict) else flow)
        assert app.mcp_refused("callTool", "it", "whoami", {}) == "provider_unavailable"
        desk.expect_no_dialog()
    desk.page.unroute("**/mcp/mcp_*")
    assert not opened
    print(f"figure: {len(FORGED_FLOWS)} answers that name a page for the person: 0 shown, 0 opened")
    assert app.mcp("callTool", "it", "whoami")["structuredContent"]["subject"] == "ada"


def test_a_name_of_another_frame_is_no_name_of_mine(app, desk, place, provider_admin):
    thief = desk.add_app("thief")
    before = provider_admin.all_tool_calls()
    for method, arguments in (("listTools", ["it"]), ("callTool", ["it", "whoami", {}])):
        assert thief.mcp_refused(method, *arguments) == "not_connected"
    thief.mcp("disconnect", "it")
    # The same server under the same name is the thief's own account, which it does not have.
    call = thief.begin_mcp("connect", "it", {"mcpServerId": place["mail"]["id"]})
    desk.expect_step("^Connect .* to Thief")
    desk.press("Cancel")
    assert thief.refused(call) == "user_cancelled"
    assert provider_admin.all_tool_calls() == before
    assert app.mcp("callTool", "it", "whoami")["structuredContent"]["subject"] == "ada"


def test_a_declared_app_id_of_another_gains_nothing(app, desk, place):
    thief = desk.add_app("thief")
    thief.call("register", {"appId": "application-tools", "name": "Tools"})
    call = thief.begin_mcp("connect", "it", {"mcpServerId": place["mail"]["id"]})
    desk.expect_step("^Connect .* to Thief")
    desk.press("Cancel")
    assert thief.refused(call) == "user_cancelled"


def test_identity_and_account_never_come_from_a_message(app, desk, place):
    connection = desk.person.member.call("GET", "/v1/connections")["items"][0]["id"]
    html = desk.hosted.script("""
      window.ports = [];
      const send = MessagePort.prototype.postMessage;
      MessagePort.prototype.postMessage = function (...given) { window.ports.push(this); return send.apply(this, given); };
    """)
    answers = desk.add_app("liar", document=html).frame.evaluate("""async ([id, connection, integration]) => {
      await window.charmiq.mcp.listServers();
      const [port] = window.ports;
      const answers = {};
      port.addEventListener("message", ({ data }) => { answers[data.id] = data.error?.code ?? data.result; });
      const claims = { applicationId: "application-tools", application: { id: "application-tools" } };
      const config = { mcpServerId: id };
      const calls = [
        [1001, "mcp.callTool", { connectionName: "it", toolName: "whoami", args: {} }],
        [1002, "mcp.connect", { connectionName: "it", config: { ...config, preferredConnectionId: connection } }],
        [1003, "mcp.connect", { connectionName: "it", config, application: claims.application }],
        [1004, "mcp.connect", { connectionName: "it", config: { ...config, application: claims.application } }],
        [1005, "mcp.constructor", {}],
        [1006, "mcp.listTools", { connectionName: "constructor" }],
        [1007, "mcp.listTools", { connectionName: "__proto__" }],
        [1008, "__proto__", {}],
      ];
      for (const [number, method, argument] of calls) port.postMessage({ v: 1, id: number, method, argument, ...claims });
      while (Object.keys(answers).length < calls.length) await new Promise((resolve) => setTimeout(resolve, 20));
      return answers;
    }""", [place["mail"]["id"], connection, place["mail"]["auth"]["integrationId"]])
    assert answers == {
        "1001": "not_connected", "1002": "invalid_request", "1003": "invalid_request", "1004": "invalid_request",
        "1005": "invalid_request", "1006": "not_connected", "1007": "not_connected", "1008": "invalid_request",
    }
    desk.expect_no_dialog()


def test_arguments_poison_nothing_on_their_way(desk, place):
    app = desk.add_app("poison")
    app.mcp("connect", "it", {"mcpServerId": place["open"]["id"]})
    poisoned = '{"text": "a", "__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'
    answer = app.frame.evaluate("""async (text) => {
      const answer = await window.charmiq.mcp.callTool("it", "echo", JSON.parse(text)).catch((error) => ({ code: error.code }));
      return JSON.stringify(answer);
    }""", poisoned)
    assert '"code"' not in answer or "invalid_request" in answer
    for config in ('{"__proto__": {"mcpServerId": "x"}}', '{"mcpServerId": "x", "__proto__": {"url": "https://a.example"}}'):
        code = app.frame.evaluate(
            "(text) => window.charmiq.mcp.connect('x', JSON.parse(text)).catch((error) => error.code)", config)
        assert code == "invalid_request"
    for name in ("__proto__", "constructor", "toString", "hasOwnProperty"):
        app.mcp("connect", name, {"mcpServerId": "platform-vfs"})
        assert app.mcp("callTool", name, "search_documents", {"query": name})["content"][0]["text"] == f"found {name}"
    assert desk.evaluate("() => ({}).polluted === undefined && [].polluted === undefined")
    assert app.frame.evaluate("() => ({}).polluted === undefined")


def test_a_document_that_comes_after_the_apps_has_no_servers(app, desk, provider_admin):
    before = provider_admin.all_tool_calls()
    app.frame.evaluate("() => { setTimeout(() => location.reload()); }")
    desk.until("() => window.host.voided?.length === 1")
    assert desk.diagnostics()["mcpServers"] == 0
    again = desk.load_again("tools")
    assert again.mcp_refused("callTool", "it", "whoami") == "not_connected"
    assert provider_admin.all_tool_calls() == before


def test_a_server_cannot_speak_to_the_page(desk, place, provider_admin):
    """Whatever a hostile server answers is data: no dialog, no request, no script."""
    provider_admin.change_tool("evil", {"description": '<img src=x onerror="parent.pwned=1">', "inputSchema": {"type": "object"}})
    try:
        place.organization.owner.call("POST", f"/v1/mcp-servers/{place['open']['id']}/tools/refresh")
        app = desk.add_app("reader")
        app.mcp("connect", "it", {"mcpServerId": place["open"]["id"]})
        tools = {tool["name"]: tool for tool in app.mcp("listTools", "it")}
        assert "onerror" in json.dumps(tools["evil"])
        desk.expect_no_dialog()
        assert desk.evaluate("() => window.pwned === undefined")
    finally:
        provider_admin.remove_tool("evil")
        place.organization.owner.call("POST", f"/v1/mcp-servers/{place['open']['id']}/tools/refresh")
