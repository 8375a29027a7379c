import Foundation
import MCP
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// The way to servers that an Application names itself.
@Suite struct MCPProxyTests {
  private static let enabled = ["LANYARD_MCP_EXPLICIT_SERVERS": "enabled"]
  private static let application = "eyJpZCI6ImFwcF8xIn0"
  private static let meta =
    #"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#
  private static let list = #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":\#(meta)}}"#

  private static func send(
    _ world: MCPWorld, _ body: String = list, as credential: String? = "lys_member", to url: String? = nil,
    with more: [String: String?] = [:]
  ) async throws -> RunningGateway.Answer {
    var headers: [String: String?] = [
      "Lanyard-Application": application, "Lanyard-Server-Url": url ?? world.stub.url, "Mcp-Method": "tools/list",
      "MCP-Protocol-Version": "2026-07-28", "Cookie": "a=b", "X-Other": "c",
    ]
    headers.merge(more) { $1 }
    return try await world.gateway.call(
      "POST", "/mcp/proxy", as: credential, json: body, headers: headers.compactMapValues { $0 })
  }

  @Test func itIsOffUnlessTheOperatorTurnsItOn() async throws {
    try await MCPWorld.with { world async throws in
      #expect(try await Self.send(world).code == .policyDenied)
      #expect(try await Self.send(world, as: nil).code == .unauthenticated)
      #expect(world.stub.received.isEmpty)
    }
  }

  @Test func aMessageGoesWithTheProtocolsHeadersAndNothingElse() async throws {
    try await MCPWorld.with(variables: Self.enabled) { world async throws in
      let token = ["Lanyard-Server-Authorization": "Bearer theirs", "Mcp-Param-Region": "eu"]
      let answer = try await Self.send(world, with: token)
      #expect(answer.status == 200 && answer.json["status"] == .integer(200))
      #expect(answer.json["message"]?["result"]?["tools"] != nil)
      let received = try #require(world.stub.received.first)
      #expect(received.headers["authorization"] == "Bearer theirs" && received.headers["mcp-param-region"] == "eu")
      let names = Set(received.headers.keys).subtracting(["host", "content-length", "connection", "user-agent"])
      #expect(
        names == [
          "authorization", "accept", "content-type", "mcp-method", "mcp-protocol-version", "mcp-param-region",
        ])
      #expect(!received.headers.values.contains { $0.contains("lys_") })
    }
  }

  @Test func theServersStatusIsNotOurs() async throws {
    try await MCPWorld.with(variables: Self.enabled) { world async throws in
      world.stub.change { $0.admit = { _ in .body("<html>secret</html>", status: 401, type: "text/html") } }
      let answer = try await Self.send(world)
      #expect(answer.status == 200 && answer.json == .object(["status": .integer(401)]))
    }
  }

  @Test func theResponseIsTakenFromAStreamThatStaysOpen() async throws {
    try await MCPWorld.with(variables: Self.enabled) { world async throws in
      world.stub.change {
        $0.admit = { received in
          .events { send in
            try await send(#"{"jsonrpc":"2.0","method":"notifications/progress","params":{}}"#)
            try await send(StubMCPServer.result(received, #"{"tools":[]}"#))
            try await Task.sleep(for: .seconds(60))
          }
        }
      }
      let answer = try await Self.send(world)
      #expect(answer.json["message"]?["result"]?["tools"] == .array([]))
    }
  }

  @Test(arguments: ["lys_secret", "lyk_secret", "lym_secret", "lyr_secret", "lyb_secret"])
  func noCredentialOfOursGoesOut(_ token: String) async throws {
    try await MCPWorld.with(variables: Self.enabled) { world async throws in
      let answer = try await Self.send(world, with: ["Lanyard-Server-Authorization": "Bearer \(token)"])
      #expect(answer.code == .invalidRequest && world.stub.received.isEmpty)
    }
  }

  @Test(
    arguments: [
      ["Lanyard-Application": nil], ["Lanyard-Server-Url": nil], ["Lanyard-Server-Authorization": "Basic eDp5"],
    ] as [[String: String?]])
  func whatIsMissingOrWrongIsNamed(_ change: [String: String?]) async throws {
    try await MCPWorld.with(variables: Self.enabled) { world async throws in
      let answer = try await Self.send(world, with: change)
      let field = try #require(change.keys.first)
      #expect(answer.code == .invalidRequest && answer.detail.contains(field))
      #expect(world.stub.received.isEmpty)
    }
  }

  @Test(arguments: [
    #"{"a":1}"#, "[]", #"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{}}"#,
    #"{"jsonrpc":"2.0","id":1,"result":{}}"#,
  ])
  func onlyWhatABridgeSendsIsCarried(_ body: String) async throws {
    try await MCPWorld.with(variables: Self.enabled) { world async throws in
      #expect(try await Self.send(world, body).code == .invalidRequest)
      #expect(world.stub.received.isEmpty)
    }
  }

  @Test func onlyMembersAndOnlyApplicationsThatMay() async throws {
    try await MCPWorld.with(variables: Self.enabled) { world async throws in
      #expect(try await Self.send(world, as: "lyk_key").code == .forbidden)
      world.gateway.neighbours.fail(MCPAccessEndpoints.authorize, ServiceError(.applicationBlocked, "Blocked."))
      #expect(try await Self.send(world).code == .applicationBlocked)
      #expect(world.stub.received.isEmpty)
    }
  }

  @Test func aPersonMaySendSoManyAMinute() async throws {
    let variables = Self.enabled.merging(["LANYARD_LIMITS_EXPLICIT_CALLS_PER_USER": "2"]) { $1 }
    try await MCPWorld.with(variables: variables) { world async throws in
      for _ in 0..<2 { #expect(try await Self.send(world).status == 200) }
      let refused = try await Self.send(world)
      #expect(refused.code == .rateLimited && refused.header("Retry-After") != nil)
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: [200, 401])
  func aToolCallIsOnRecordWithItsHostAndWithoutItsArguments(_ status: Int) async throws {
    try await MCPWorld.with(variables: Self.enabled) { world async throws in
      world.stub.change { $0.admit = { _ in status == 200 ? nil : .body("", status: status) } }
      let arguments = #""name":"echo","arguments":{"text":"canary"},"_meta":\#(Self.meta)"#
      let call = #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{\#(arguments)}}"#
      _ = try await Self.send(world)
      _ = try await Self.send(world, call, with: ["Mcp-Method": "tools/call", "Mcp-Name": "echo"])
      while world.gateway.calls(AuditEndpoints.recordToolCalls).isEmpty { try await letOthersRun() }
      let told = world.gateway.calls(AuditEndpoints.recordToolCalls)
      #expect(told.count == 1, "what is no call of a tool is none")
      #expect(!String(decoding: told[0].body, as: UTF8.self).contains("canary"))
      let record = try #require(try WireJSON.decode(RecordToolCalls.self, from: told[0].body).calls.first)
      #expect(record.tool == "echo" && record.host == world.stub.host && record.mcpServerId == nil)
      #expect(record.userId == world.gateway.neighbours.userId)
      #expect(record.actor == Actor(kind: .application, id: "app_1"))
      #expect(record.application?.applicationId == "app_1")
      #expect(record.outcome == (status == 200 ? .succeeded : .refused))
      #expect(record.reason == (status == 200 ? nil : "refused_by_server"))
    }
  }

  @Test(arguments: [
    "http://127.0.0.1:9/mcp", "https://127.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/", "https://[::1]/",
    "https://localhost/", "file:///etc/passwd", "https://user@example.com/", "no url",
  ])
  func theOperatorsNetworkIsNotReached(_ url: String) async throws {
    try await MCPWorld.with(variables: Self.enabled) { world async throws in
      let answer = try await Self.send(world, to: url)
      #expect(answer.json["error"]?["code"]?.text == "provider_unavailable", "\(answer.text)")
    }
  }
}
