import Model
import Testing

@testable import MCP

/// The shapes of the published schemas, as values of our own.
@Suite struct ShapeTests {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private func response(_ result: JSONText) throws -> MCPMessage {
    try MCPMessage(OutgoingMessage.response(to: MessageIdentifier(1), result))
  }

  private let server = Implementation(name: "gw", version: "1")

  @Test func discoverComesBack() throws {
    let result = DiscoverResult(
      supportedVersions: ["2026-07-28"], capabilities: .object(["tools": .object(["listChanged": true])]),
      server: server, instructions: "Use it.")
    #expect(
      result.result.text
        == #"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}},"#
        + #""instructions":"Use it.","ttlMs":0,"cacheScope":"private","#
        + #""_meta":{"io.modelcontextprotocol/serverInfo":{"name":"gw","version":"1"}}}"#)
    #expect(DiscoverResult(try response(result.result)) == result)
    #expect(DiscoverResult(try response(.emptyObject)) == nil)
  }

  @Test func theHandshakeComesBack() throws {
    let request = InitializeRequest(
      protocolVersion: "2025-11-25", capabilities: ClientCapabilities(elicitation: [.form, .url]), client: server)
    #expect(
      text(request.message(MessageIdentifier(1)))
        == #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","#
        + #""capabilities":{"elicitation":{"form":{},"url":{}}},"clientInfo":{"name":"gw","version":"1"}}}"#)
    #expect(try InitializeRequest(try MCPMessage(request.message(MessageIdentifier(1)))) == request)
    let result = InitializeResult(
      protocolVersion: "2025-11-25", capabilities: .object(["tools": .emptyObject]), server: server)
    #expect(InitializeResult(try response(result.result)) == result)
    for missing in ["protocolVersion", "capabilities", "clientInfo"] {
      let whole = try MCPMessage(request.message(MessageIdentifier(1)))
      let bad = try MCPMessage(whole.edited { $0.remove(missing, in: .params) })
      let error = #expect(throws: RPCError.self) { try InitializeRequest(bad) }
      #expect(error?.message.contains(missing) == true)
    }
    #expect(text(OutgoingMessage.initialized) == #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
  }

  @Test func errorsAreWrittenAsTheSchemaSays() throws {
    let id = MessageIdentifier("a")
    #expect(
      text(RPCError.unsupportedVersion("x", supported: [.july2026]).response(to: id))
        == #"{"jsonrpc":"2.0","id":"a","error":{"code":-32022,"message":"The protocol revision is not spoken here.","#
        + #""data":{"supported":["2026-07-28"],"requested":"x"}}}"#)
    #expect(
      RPCError.missingCapability(ClientCapabilities(elicitation: [.url])).data?.text
        == #"{"requiredCapabilities":{"elicitation":{"url":{}}}}"#)
    let ask = RPCError.urlElicitation(
      "Connect first.", [URLElicitation(message: "Connect", url: "https://g.example/c", elicitationId: "e1")])
    #expect(
      text(ask.response(to: id))
        == #"{"jsonrpc":"2.0","id":"a","error":{"code":-32042,"message":"Connect first.","data":{"elicitations":["#
        + #"{"mode":"url","elicitationId":"e1","url":"https://g.example/c","message":"Connect"}]}}}"#)
    #expect(
      URLElicitation.all(inErrorOf: try MCPMessage(ask.response(to: id)))
        == [URLElicitation(message: "Connect", url: "https://g.example/c", elicitationId: "e1")])
    let mismatch = RPCError.headerMismatch(HeaderMismatch(header: "Mcp-Name", reason: .different))
    #expect(mismatch.message == "The header Mcp-Name does not say what the body says.")
    #expect(mismatch.code.rawValue == -32_020)
    let parse = RPCError(.parseError, "no")
    #expect(text(parse.response(to: nil)) == #"{"jsonrpc":"2.0","error":{"code":-32700,"message":"no"}}"#)
    #expect(
      text(parse.response(to: nil, era: .legacy))
        == #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}"#)
  }

  @Test func askingForInputComesBack() throws {
    let asked = InputRequired(
      requests: [
        ("connect", .url(URLElicitation(message: "Connect", url: "https://g.example/c"))),
        ("form", .form(FormElicitation(message: "Name?", requestedSchema: .object(["type": "object"])))),
      ], state: "sealed")
    #expect(
      asked.result.text
        == #"{"resultType":"input_required","inputRequests":{"connect":{"method":"elicitation/create","params":{"#
        + #""mode":"url","message":"Connect","url":"https://g.example/c"}},"form":{"method":"elicitation/create","#
        + #""params":{"mode":"form","message":"Name?","requestedSchema":{"type":"object"}}}},"requestState":"sealed"}"#)
    let read = try #require(InputRequired(try response(asked.result)))
    #expect(read.state == "sealed")
    #expect(read.urls == asked.urls)
    #expect(read.requests.map(\.request) == asked.requests.map(\.request))
    #expect(InputRequired(try response(.object(["resultType": "input_required"]))) == nil)
    #expect(InputRequired(try response(.object(["resultType": "complete"]))) == nil)
    let sampling = JSONText.object([
      "resultType": "input_required",
      "inputRequests": .object(["s": .object(["method": "sampling/createMessage", "params": .emptyObject])]),
    ])
    guard case .other("sampling/createMessage", let raw) = InputRequired(try response(sampling))?.requests[0].request
    else {
      Issue.record("a request of another kind is kept")
      return
    }
    #expect(raw.text == #"{"method":"sampling/createMessage","params":{}}"#)
    let answer = try response(.object(["action": "accept", "content": .object(["name": "Ada"])]))
    #expect(InputResponse(answer) == InputResponse(action: .accept, content: .object(["name": "Ada"])))
  }

  @Test func subscriptionsAreWrittenAsTheSchemaSays() throws {
    let subscription = Subscription(id: MessageIdentifier(7))
    let filter = SubscriptionFilter(toolsListChanged: true, resources: ["file:///x"])
    let envelope = ModernEnvelope(capabilities: ClientCapabilities(), client: server)
    let request = try MCPMessage(subscription.request(filter, envelope: envelope))
    #expect(try SubscriptionFilter(request) == filter)
    #expect(
      text(subscription.acknowledged(SubscriptionFilter(toolsListChanged: true)))
        == #"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"#
        + #""_meta":{"io.modelcontextprotocol/subscriptionId":7},"notifications":{"toolsListChanged":true}}}"#)
    #expect(
      text(subscription.toolsListChanged())
        == #"{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"#
        + #""_meta":{"io.modelcontextprotocol/subscriptionId":7}}}"#)
    #expect(
      text(subscription.end())
        == #"{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete","#
        + #""_meta":{"io.modelcontextprotocol/subscriptionId":7}}}"#)
    // A proxy gives it the caller's own id.
    let renumbered = try MCPMessage(subscription.toolsListChanged()).edited {
      $0.set(MetaName.subscriptionId, MessageIdentifier("theirs").text, in: .requestMeta)
    }
    #expect(try MCPMessage(renumbered).string(MetaName.subscriptionId, in: .requestMeta) == "theirs")
  }

  @Test func progressAndCancellationAreWrittenAsTheSchemaSays() throws {
    #expect(
      text(OutgoingMessage.progress(MessageIdentifier("t"), 50, of: 100, message: "half"))
        == #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":50,"#
        + #""total":100,"message":"half"}}"#)
    let cancelled = try MCPMessage(OutgoingMessage.cancelled(MessageIdentifier(3), reason: "no longer needed"))
    #expect(cancelled.cancelledRequest == MessageIdentifier(3))
    #expect(cancelled.isNotification)
  }

  @Test func capabilitiesSayHowAPersonMayBeAsked() throws {
    func modes(_ text: String) -> Set<ElicitationMode>? {
      (try? JSONText(validating: text.utf8)).flatMap { ClientCapabilities($0) }?.elicitation
    }
    #expect(modes("{}") == [])
    #expect(modes(#"{"elicitation":{}}"#) == [.form])
    #expect(modes(#"{"elicitation":{"url":{}}}"#) == [.url])
    #expect(modes(#"{"elicitation":{"form":{},"url":{},"voice":{}}}"#) == [.form, .url])
    #expect(modes(#"{"elicitation":{"voice":{}}}"#) == [])
    #expect(modes("[]") == nil)
    #expect(ClientCapabilities().text.text == "{}")
  }

  @Test func toolResultsAreWrittenAsTheSchemaSays() {
    #expect(
      ToolResult.failure("Connect first.", link: "https://g.example/c", in: .modern).text
        == #"{"resultType":"complete","content":[{"type":"text","text":"Connect first.\n\nhttps://g.example/c"}],"#
        + #""isError":true}"#)
    #expect(ToolResult.text("ok", in: .legacy).text == #"{"content":[{"type":"text","text":"ok"}]}"#)
  }

  @Test func secretsOfMessagesDoNotShowInDescriptions() throws {
    let hidden = JSONText("a secret")
    #expect(!"\(hidden)".contains("secret"))
    #expect(!String(reflecting: hidden).contains("secret"))
  }
}
