import MCP
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// Several messages in one body, which only revision 2025-03-26 has.
@Suite struct MCPBatchTests {
  private static let notification = #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#

  private static func ping(_ number: Int) -> String { #"{"jsonrpc":"2.0","id":\#(number),"method":"ping"}"# }

  private static func send(_ client: MCPTestClient, _ messages: [String]) async throws -> MCPTestClient.Answer {
    try await client.send("[\(messages.joined(separator: ","))]", headers: client.modernHeaders("", nil))
  }

  @Test func eachRequestHasItsAnswerInOneArray() async throws {
    try await MCPWorld.with { world async throws in
      let client = try await world.client(.march2025)
      let call = client.body("tools/call", #""name":"echo","arguments":{}"#)
      let answer = try await Self.send(client, [Self.ping(1), Self.notification, call])
      guard case .array(let answers) = answer.response else { return #expect(Bool(false), "\(answer.response)") }
      #expect(answers.map { $0["id"] } == [.integer(1), .string("c-1")])
      #expect(answers.last?["result"]?["content"] != nil && answer.type == "application/json")
      let most = (1...MCPBatch.maximumCount).map(Self.ping)
      #expect(try await Self.send(client, most).status == 200)
      #expect(try await Self.send(client, most + [Self.notification]).code == -32_600)
    }
  }

  @Test func whatAsksForNothingIsTaken() async throws {
    try await MCPWorld.with { world async throws in
      let client = try await world.client(.march2025)
      let answer = try await Self.send(client, [Self.notification, Self.notification])
      #expect(answer.status == 202 && answer.messages.isEmpty)
    }
  }

  @Test(arguments: ProtocolRevision.supported.filter { $0 != .march2025 })
  func otherRevisionsHaveNoBatches(_ revision: ProtocolRevision) async throws {
    try await MCPWorld.with { world async throws in
      let client = try await world.client(revision)
      #expect(try await Self.send(client, [client.body("tools/list")]).code == -32_600)
    }
  }

  @Test func aHandshakeIsNoPartOfABatch() async throws {
    try await MCPWorld.with { world async throws in
      let client = try await world.client(.march2025)
      let hello =
        #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{}}}"#
      #expect(try await Self.send(client, [Self.ping(1), hello]).code == -32_600)
    }
  }
}
