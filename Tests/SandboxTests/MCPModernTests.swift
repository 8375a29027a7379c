import MCP
import Model
import NIOHTTP1
import TestSupport
import Testing

@testable import SandboxKit

@Suite struct MCPModernTests {
  @Test func theServerDescribesItselfAndItsTools() async throws {
    try await TestSandbox.run { sandbox in
      let discovered = try #require(try await sandbox.mcp.request("server/discover").message)
      let result = try #require(DiscoverResult(discovered))
      #expect(result.supportedVersions == ["2026-07-28"])
      #expect(result.server?.name == "practice")
      #expect(ServerProbe(status: 200, message: discovered) == .modern(.july2026))
      let listed = try #require(try await sandbox.mcp.request("tools/list").message)
      let page = try #require(ToolPage(listed))
      #expect(page.tools.map(\.name) == PracticeTool.allCases.map(\.rawValue))
      #expect(page.unusable.isEmpty && page.cache == .never && listed.resultType == .complete)
      #expect(page.tools.allSatisfy { (try? $0.headerParameters()) != nil && ToolName.isConventional($0.name) })
      #expect(page.tools.first { $0.name == "delete_thing" }?.annotations.destructive == true)
    }
  }

  @Test func everyMistakeHasItsCodeAndStatus() async throws {
    try await TestSandbox.run { sandbox in
      let client = sandbox.mcp
      let good = client.body("tools/call", [("name", "echo"), ("arguments", .object(["text": "a"]))])
      func send(_ body: [UInt8], _ headers: [(String, String)]? = nil) async throws -> (Int, Int?) {
        let answer = try await client.post(body, try headers ?? client.mirrored(body))
        return (answer.status, answer.message?.errorCode)
      }
      func without(_ name: String) throws -> [(String, String)] { try client.mirrored(good).filter { $0.0 != name } }
      func with(_ name: String, _ value: String) throws -> [(String, String)] { try without(name) + [(name, value)] }
      let message = try MCPMessage(good)
      #expect(try await send(good) == (200, nil))
      for name in ["Mcp-Method", "Mcp-Name", "MCP-Protocol-Version"] {
        #expect(try await send(good, try without(name)) == (400, -32_020))
        #expect(try await send(good, try with(name, "other")) == (400, -32_020))
        #expect(try await send(good, try client.mirrored(good) + [(name, "other")]) == (400, -32_020))
      }
      let noCapabilities = message.edited { $0.remove(MetaName.clientCapabilities, in: .requestMeta) }
      #expect(try await send(noCapabilities) == (400, -32_602))
      let noVersion = message.edited { $0.remove(MetaName.protocolVersion, in: .requestMeta) }
      #expect(try await send(noVersion, try client.mirrored(good)) == (400, -32_602))
      let later = message.edited { $0.set(MetaName.protocolVersion, "2027-01-01", in: .requestMeta) }
      let answer = try await client.post(later, try client.mirrored(later))
      #expect(answer.status == 400 && answer.message?.errorCode == -32_022)
      #expect(answer.message?.errorData?.text == #"{"supported":["2026-07-28"],"requested":"2027-01-01"}"#)
      #expect(try await send(client.body("ping")) == (404, -32_601))
      #expect(try await send(client.body("tools/call", [("name", "nope")])) == (200, -32_602))
      #expect(try await send(client.body("tools/list", [("cursor", "x")])) == (200, -32_602))
      #expect(try await send(client.body("subscriptions/listen")) == (400, -32_602))
      let notification = OutgoingMessage.notification(
        "notifications/x",
        [
          (
            "_meta",
            .object([
              MetaName.protocolVersion: "2026-07-28"
            ])
          )
        ])
      #expect(try await send(notification) == (202, nil))
      let response = OutgoingMessage.response(to: MessageIdentifier(1), .emptyObject)
      #expect(try await send(response, [("mcp-protocol-version", "2026-07-28")]) == (400, -32_600))
    }
  }

  @Test func toolsDoWhatTheySay() async throws {
    try await TestSandbox.run { sandbox in
      let client = sandbox.mcp
      let odd = "a \"quoted\" \\ text\n世😀"
      #expect(try await client.call("echo", .object(["text": JSONText(odd)])).toolText == odd)
      let missing = try await client.call("echo")
      #expect(missing.result?["isError"] == true && missing.toolText == "text must be a string.")
      #expect(try await client.call("fail").result?["isError"] == true)
      let crash = try await client.call("crash")
      #expect(crash.status == 200 && crash.message?.errorCode == -32_603)
      #expect(try await client.call("delete_thing", .object(["id": "7"])).toolText == "deleted 7")
      _ = try await client.call("count")
      #expect(try await client.call("count").toolText == "2")
      let waited = try await client.call("slow", .object(["milliseconds": 1, "as": "object"]))
      #expect(waited.toolText == "waited 1 ms")
      #expect(waited.headers.first(name: "content-type") == "application/json")
      let bad = try await client.call("slow", .object(["milliseconds": -1]))
      #expect(bad.result?["isError"] == true)
    }
  }

  @Test func headersOfASchemaAreHeldAgainstTheArguments() async throws {
    try await TestSandbox.run { sandbox in
      let arguments = JSONText.object(["region": "größe", "shard": 3])
      func send(_ headers: [(String, String)]) async throws -> Int? {
        try await sandbox.mcp.call("region", arguments, headers: headers).message?.errorCode
      }
      let region = ("mcp-param-region", HeaderText.encode("größe"))
      let accepted = try await send([region, ("mcp-param-shard", "3")])
      #expect(accepted == nil)
      #expect(try await send([region]) == -32_020)
      #expect(try await send([region, ("mcp-param-shard", "4")]) == -32_020)
    }
  }

  @Test func progressComesBeforeTheResult() async throws {
    try await TestSandbox.run { sandbox in
      let params: [(String, JSONText?)] = [("name", "stream"), ("arguments", .object(["count": 3, "bytes": 200_000]))]
      try await sandbox.mcp.stream("tools/call", params, progress: "p") { events in
        for step in 1...3 {
          let progress = try #require(try await events.next())
          #expect(progress.method == "notifications/progress")
          #expect(progress.string("progressToken", in: .params) == "p")
          #expect(progress.text("progress", in: .params)?.integer == step)
        }
        let result = try #require(try await events.next())
        #expect(result.resultType == .complete && result.bytes.count > 200_000)
        #expect(try await events.next() == nil)
      }
      let plain = try await sandbox.mcp.call("stream", .object(["bytes": 1_000_000]))
      #expect(plain.toolText?.count == 1_000_000)
      #expect(plain.headers.first(name: "content-length") != nil)
    }
  }

  @Test(arguments: ["events", "object"])
  func whoeverGoesAwayEndsTheirCall(form: String) async throws {
    try await TestSandbox.run { sandbox in
      let client = sandbox.mcp
      let arguments = JSONText.object(["milliseconds": 600_000, "as": JSONText(form)])
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { _ = try? await client.call("slow", arguments) }
        while sandbox.provider.mcp.counters.calls(of: "slow") == 0 { try await letOthersRun() }
        group.cancelAll()
      }
      while sandbox.provider.mcp.counters.snapshot.tools["slow"]?.cancelled == 0 { try await letOthersRun() }
      let counters = try await sandbox.mcpCounters()
      #expect(counters.tools["slow"]?.cancelled == 1)
    }
  }

  @Test func aQuestionIsAskedAnsweredAndCountsOnce() async throws {
    try await TestSandbox.run { sandbox in
      var client = try await sandbox.mcp(as: "ada")
      let refused = try await client.call("elicit", .object(["mode": "url"]))
      #expect(refused.status == 400 && refused.message?.errorCode == -32_021)
      #expect(refused.message?.errorData?.text == #"{"requiredCapabilities":{"elicitation":{"url":{}}}}"#)
      client.capabilities = ClientCapabilities(elicitation: [.form, .url])
      let question = try #require(try await client.call("elicit", .object(["mode": "url"])).message)
      let asked = try #require(InputRequired(question))
      let url = try #require(asked.urls.first?.url)
      func answer(_ action: String, as caller: MCPClient) async throws -> Answer {
        try await caller.call(
          "elicit", .object(["mode": "url"]),
          [
            ("inputResponses", .object(["answer": .object(["action": JSONText(action)])])),
            ("requestState", asked.state.map { JSONText($0) }),
          ])
      }
      var grace = try await sandbox.mcp(as: "grace")
      grace.capabilities = client.capabilities
      #expect(try await answer("accept", as: grace).message?.errorCode == -32_602, "it was asked of somebody else")
      #expect(try await sandbox.send(.GET, url).status == 200)
      let told = try await answer("accept", as: client).result?["structuredContent"]
      #expect(told == .object(["action": "accept", "opened": true]))
      #expect(try await answer("accept", as: client).message?.errorCode == -32_602, "it counts once")
      let form = try #require(try await client.call("elicit", .object(["mode": "form"])).message)
      guard case .form = InputRequired(form)?.requests.first?.request else {
        Issue.record("a form is asked for")
        return
      }
      #expect(try await sandbox.send(.GET, "/mcp/elicitations/ask_nobody").status == 404)
    }
  }
}
