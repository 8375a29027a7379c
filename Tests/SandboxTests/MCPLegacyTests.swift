import MCP
import Model
import NIOHTTP1
import Testing

@testable import SandboxKit

@Suite struct MCPLegacyTests {
  @Test(arguments: ["2025-03-26", "2025-06-18", "2025-11-25"])
  func aSessionBeginsWorksAndEnds(revision: String) async throws {
    try await TestSandbox.run { sandbox in
      let client = sandbox.mcp
      let session = try await client.begin(revision)
      let initialized = try await client.post(OutgoingMessage.initialized, [("mcp-session-id", session)])
      #expect(initialized.status == 202 && initialized.body.isEmpty)
      #expect(try await client.legacy(session, "ping").body == #"{"jsonrpc":"2.0","id":1,"result":{}}"#)
      let listed = try #require(try await client.legacy(session, "tools/list").message)
      #expect(ToolPage(listed)?.tools.count == PracticeTool.allCases.count)
      #expect(listed.text("resultType", in: .result) == nil && listed.text("ttlMs", in: .result) == nil)
      #expect(try await client.legacyCall(session, "echo", .object(["text": "hi"])).toolText == "hi")
      let structured = try await client.legacyCall(session, "whoami").result?["structuredContent"]
      #expect((structured == nil) == (revision == "2025-03-26"))
      #expect(try await client.legacy(session, "resources/list").message?.errorCode == -32_601)
      #expect(try await sandbox.send(.DELETE, "/mcp/open", headers: [("mcp-session-id", session)]).status == 204)
      #expect(try await client.legacy(session, "ping").status == 404)
    }
  }

  @Test func theHandshakeAgreesOnARevision() async throws {
    try await TestSandbox.run { sandbox in
      for (asked, agreed) in [("2025-06-18", "2025-06-18"), ("2024-11-05", "2025-11-25"), ("x", "2025-11-25")] {
        let request = InitializeRequest(
          protocolVersion: asked, capabilities: ClientCapabilities(), client: MCPServer.implementation)
        let answer = try #require(try await sandbox.mcp.post(request.message(MessageIdentifier(1))).message)
        let result = try #require(InitializeResult(answer))
        #expect(result.protocolVersion == agreed && result.server.name == "practice")
      }
      let lacking = try await sandbox.mcp.post(#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#)
      #expect(lacking.message?.errorCode == -32_602)
    }
  }

  @Test func aSessionIsNobodyElses() async throws {
    try await TestSandbox.run { sandbox in
      let ada = try await sandbox.mcp(as: "ada")
      let session = try await ada.begin()
      #expect(try await ada.legacy(session, "ping").status == 200)
      #expect(try await sandbox.mcp(as: "ada").legacy(session, "ping").status == 200, "a fresh token, the same person")
      #expect(try await sandbox.mcp(as: "grace").legacy(session, "ping").status == 404)
      #expect(try await sandbox.mcp.legacy(session, "ping").status == 404)
      let theft = try await sandbox.send(
        .DELETE, "/mcp",
        headers: [
          ("mcp-session-id", session), ("authorization", "Bearer \(try await sandbox.tokens(as: "grace").access)"),
        ])
      #expect(theft.status == 404)
      #expect(try await sandbox.admin(.POST, "mcp/sessions/end").json["ended"] == 1)
      #expect(try await ada.legacy(session, "ping").status == 404)
    }
  }

  @Test func theHeadersOfASessionAreChecked() async throws {
    try await TestSandbox.run { sandbox in
      let client = sandbox.mcp
      let session = try await client.begin()
      let missing = try await client.post(OutgoingMessage.request(MessageIdentifier(1), "ping"))
      #expect(missing.status == 400 && missing.message?.errorCode == -32_600)
      #expect(try await client.legacy("mcps_unknown", "ping").status == 404)
      for (version, status) in [("2025-11-25", 200), ("2025-03-26", 200), ("2024-11-05", 400), ("x", 400)] {
        let answer = try await client.legacy(session, "ping", headers: [("mcp-protocol-version", version)])
        #expect(answer.status == status, "\(version)")
      }
    }
  }

  @Test func batchesAreAnsweredInTheRevisionThatHasThem() async throws {
    try await TestSandbox.run { sandbox in
      let client = sandbox.mcp
      let old = try await client.begin("2025-03-26")
      let batch = #"""
        [{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/x"},
        {"jsonrpc":"2.0","id":"b","method":"tools/call","params":{"name":"slow","arguments":{"milliseconds":1}}},
        {"jsonrpc":"2.0","id":3,"method":"nope"}]
        """#
      let answer = try await client.post(batch, [("mcp-session-id", old)])
      let payload = try MCPPayload(Array(answer.body.utf8), allowsBatch: true)
      #expect(payload.messages.map(\.id) == [MessageIdentifier(1), MessageIdentifier("b"), MessageIdentifier(3)])
      #expect(payload.messages[2].errorCode == -32_601)
      let silent = try await client.post(
        #"[{"jsonrpc":"2.0","method":"notifications/x"}]"#, [("mcp-session-id", old)])
      #expect(silent.status == 202)
      let new = try await client.begin("2025-06-18")
      #expect(try await client.post(batch, [("mcp-session-id", new)]).status == 400)
    }
  }

  @Test func aCancelledCallEndsAndTheConnectionLives() async throws {
    try await TestSandbox.run { sandbox in
      let client = sandbox.mcp
      let session = try await client.begin()
      let params: [(String, JSONText?)] = [("name", "slow"), ("arguments", .object(["milliseconds": 600_000]))]
      try await client.stream("tools/call", params, session: session) { events in
        let cancelled = OutgoingMessage.cancelled(MessageIdentifier(1))
        let answer = try await client.post(cancelled, [("mcp-session-id", session)])
        #expect(answer.status == 202)
        #expect(try await events.next() == nil, "the stream ends in order, without a response")
      }
      #expect(try await sandbox.mcpCounters().tools["slow"]?.cancelled == 1)
    }
  }

  @Test func aClientIsAskedOnTheStreamOfItsCall() async throws {
    try await TestSandbox.run { sandbox in
      var client = sandbox.mcp
      client.capabilities = ClientCapabilities(elicitation: [.form])
      let asking = client
      let session = try await client.begin("2025-06-18")
      let params: [(String, JSONText?)] = [("name", "elicit"), ("arguments", .object(["mode": "form"]))]
      try await client.stream("tools/call", params, session: session) { events in
        let question = try #require(try await events.next())
        #expect(question.method == "elicitation/create")
        let answer = JSONText.object(["action": "accept", "content": .object(["name": "Ada"])])
        let posted = OutgoingMessage.response(to: try #require(question.id), answer)
        #expect(try await asking.post(posted, [("mcp-session-id", session)]).status == 202)
        let result = try #require(try await events.next())
        #expect(String(decoding: result.bytes, as: UTF8.self).contains("Ada"))
        #expect(try await events.next() == nil)
      }
    }
  }

  @Test func anAddressIsAskedForInTheWayOfTheRevision() async throws {
    try await TestSandbox.run { sandbox in
      var client = try await sandbox.mcp(as: "ada")
      let silent = try await client.begin()
      let told = try await client.legacyCall(silent, "elicit")
      #expect(told.result?["isError"] == true && told.toolText?.contains("/mcp/elicitations/ask_") == true)
      client.capabilities = ClientCapabilities(elicitation: [.form, .url])
      let old = try await client.begin("2025-06-18")
      #expect(try await client.legacyCall(old, "elicit").result?["isError"] == true, "it has no such error")
      let session = try await client.begin()
      let asked = try #require(try await client.legacyCall(session, "elicit").message)
      let elicitation = try #require(URLElicitation.all(inErrorOf: asked).first)
      #expect(try await client.legacyCall(session, "elicit").message?.errorCode == -32_042, "nobody has opened it")
      #expect(try await sandbox.send(.GET, elicitation.url).status == 200)
      let other = try await sandbox.mcp(as: "grace").begin()
      #expect(try await sandbox.mcp(as: "grace").legacyCall(other, "elicit").result?["isError"] == true)
      let opened = try await client.legacyCall(session, "elicit").result?["structuredContent"]
      #expect(opened == .object(["action": "accept", "opened": true]))
      #expect(try await client.legacyCall(session, "elicit").message?.errorCode == -32_042, "it counts once")
    }
  }
}
