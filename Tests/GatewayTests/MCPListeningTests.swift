import AsyncHTTPClient
import Foundation
import MCP
import Model
import NIOCore
import TestSupport
import Testing

@testable import GatewayKit

/// How long somebody may listen.
@Suite struct MCPListeningTests {
  private static func listen(_ client: MCPTestClient) async throws -> HTTPClientResponse {
    let body = client.body("subscriptions/listen", #""notifications":{"toolsListChanged":true}"#)
    return try await client.open(body, headers: client.modernHeaders("subscriptions/listen", nil))
  }

  /// Every message until the stream ends; something happens after the first one.
  private static func messages(
    _ response: HTTPClientResponse, _ afterTheFirst: () async -> Void = {}
  ) async throws -> [MCPMessage] {
    var parser = EventParser()
    var messages: [MCPMessage] = []
    for try await piece in response.body {
      for event in try parser.parse(Array(piece.readableBytesView)) {
        messages.append(try MCPMessage(event.data))
        if messages.count == 1 { await afterTheFirst() }
      }
    }
    return messages
  }

  @Test(.timeLimit(.minutes(1))) func whoseCredentialIsRevokedHearsNothingMore() async throws {
    try await MCPWorld.with { world async throws in
      let neighbours = world.gateway.neighbours
      let response = try await Self.listen(try await world.client())
      let messages = try await Self.messages(response) {
        neighbours.fail(SessionEndpoints.verify, ServiceError(.unauthenticated, "It was revoked."))
        await neighbours.changes.publish(neighbours.organizationId)
      }
      #expect(messages.map(\.method) == ["notifications/subscriptions/acknowledged", nil], "no change was told")
      #expect(messages.last?.resultType == .complete, "the stream ends as the protocol has it")
    }
  }

  @Test(.timeLimit(.minutes(1))) func aStreamEndsWithItsCredential() async throws {
    try await MCPWorld.with { world async throws in
      let neighbours = world.gateway.neighbours
      let user = Caller.User(id: neighbours.userId, externalId: "u1", email: nil, name: nil)
      neighbours.on(
        SessionEndpoints.verify,
        Caller(
          credential: .session, credentialId: "ses_1", organizationId: neighbours.organizationId,
          organizationName: "Acme", user: user, role: .member, groups: [], charmId: nil,
          expiresAt: .now.addingTimeInterval(1)))
      let messages = try await Self.messages(try await Self.listen(try await world.client()))
      #expect(messages.last?.resultType == .complete)
    }
  }

  @Test(.timeLimit(.minutes(1))) func whileNobodyCanSayWhoItIsAListenerStays() async throws {
    try await MCPWorld.with { world async throws in
      let neighbours = world.gateway.neighbours
      let response = try await Self.listen(try await world.client())
      var parser = EventParser()
      var methods: [String?] = []
      for try await piece in response.body where methods.count < 2 {
        for event in try parser.parse(Array(piece.readableBytesView)) {
          methods.append(try MCPMessage(event.data).method)
          guard methods.count == 1 else { break }
          neighbours.fail(SessionEndpoints.verify, ServiceError(.unavailable, "Down."))
          await neighbours.changes.publish(neighbours.organizationId)
        }
        if methods.count == 2 { break }
      }
      #expect(methods == ["notifications/subscriptions/acknowledged", "notifications/tools/list_changed"])
    }
  }
}
