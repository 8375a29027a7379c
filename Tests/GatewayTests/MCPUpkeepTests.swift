import AsyncHTTPClient
import Foundation
import MCP
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// Lists of tools follow their servers by themselves.
@Suite(.timeLimit(.minutes(1))) struct MCPUpkeepTests {
  private static let minute = ["LANYARD_MCP_TOOL_LIST_SECONDS": "60"]

  /// A server whose list was stored some time ago.
  private static func with(
    _ era: Era = .modern, storedSecondsAgo: Double, _ body: (MCPWorld) async throws -> Void
  ) async throws {
    let tool = MCPDirectory.Tool(definition: StubMCPServer.tool("echo"), hash: "as-stored")
    let change: MCPWorld.Change = {
      $0.tools = ["echo": tool]
      $0.storedAt = .now.addingTimeInterval(-storedSecondsAgo)
    }
    try await MCPWorld.with(era, variables: minute, change: change, body)
  }

  private static func untilStored(_ world: MCPWorld, _ count: Int = 1) async throws {
    while world.gateway.calls(MCPServerEndpoints.storeTools).count < count { try await letOthersRun() }
  }

  @Test(arguments: Era.allCases) func anOldListIsFetchedAgainBehindWhoeverUsesTheServer(_ era: Era) async throws {
    try await Self.with(era, storedSecondsAgo: 61) { world async throws in
      world.stub.change { $0.tools.append(StubMCPServer.tool("new")) }
      let client = try await world.client()
      #expect(try await client.list() == ["echo"], "the request does not wait for it")
      try await Self.untilStored(world)
      let stored = try #require(world.gateway.calls(MCPServerEndpoints.storeTools).first)
      let tools = try WireJSON.decode(OnBehalf<Targeted<MCPServerKind, StoreTools>>.self, from: stored.body).request
      #expect(tools.id == world.server && tools.request.definitions.count == 2)
      // The next one gives the new list out, and asks nobody.
      await world.directory.change(world.server) { $0.storedAt = .now }
      #expect(try await client.list() == ["echo", "new"])
      _ = try await client.call("echo")
      #expect(world.stub.received.count { $0.method == "tools/list" } == 1)
    }
  }

  @Test func aListThatIsNotOldIsLeftAlone() async throws {
    try await Self.with(storedSecondsAgo: 30) { world async throws in
      let client = try await world.client()
      _ = try await client.list()
      #expect(try await client.call("echo").text == "hi")
      #expect(!world.stub.received.contains { $0.method == "tools/list" })
    }
  }

  /// Several times: the call's stream is left and ends its connection, which the request for the list may have been given just then. In one of
  /// ten tries it was, and must go out over another one.
  @Test(arguments: Era.allCases, 0..<5) func aServerThatSaysSoInTheMiddleOfACallIsAskedAgain(_ era: Era, _ turn: Int)
    async throws
  {
    try await Self.with(era, storedSecondsAgo: 0) { world async throws in
      world.stub.change { script in
        script.call = { received in
          let type = era == .modern ? #""resultType":"complete","# : ""
          let done = StubMCPServer.result(received, #"{\#(type)"content":[{"type":"text","text":"hi"}]}"#)
          return .events { send in
            try await send(#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#)
            try await send(done)
          }
        }
      }
      let answer = try await world.client().call("echo", meta: #""progressToken":1"#)
      #expect(answer.text == "hi" && answer.messages.count == 1, "what is the server's own to tell is not passed on")
      try await Self.untilStored(world)
    }
  }

  @Test func aServerIsListenedToWhileSomebodyListensHere() async throws {
    try await Self.with(storedSecondsAgo: 0) { world async throws in
      world.stub.change { script in
        script.admit = { received in
          guard received.method == "subscriptions/listen" else { return nil }
          return .events { send in
            try await send(#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{}}"#)
            try await Task.sleep(for: .seconds(60))
          }
        }
      }
      let client = try await world.client()
      let body = client.body("subscriptions/listen", #""notifications":{"toolsListChanged":true}"#)
      let response = try await client.open(body, headers: client.modernHeaders("subscriptions/listen", nil))
      try await Self.untilStored(world)
      withExtendedLifetime(response) {}
    }
  }
}
