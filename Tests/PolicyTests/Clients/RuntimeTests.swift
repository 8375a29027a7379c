import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

@Suite("What agent runtimes get")
struct RuntimeTests {
  private func servers(
    _ credential: CredentialHash, charm: String? = nil, _ policy: PolicyFixture
  ) async throws -> [RuntimeServer] {
    try await policy.gateway.call(RuntimeEndpoints.servers, OnBehalf(credential, RuntimeRequest(charmId: charm)))
      .servers
  }

  @Test func aTokenPerServerThatCarriesTheCharmAndItsCeiling() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let mail = try await tenant.createServer("Mail", allowedTools: ["read", "send"])
      let files = try await tenant.createServer("Files")
      try await tenant.createCharm("postman", [.init(mcpServerId: mail.id, allowedTools: ["read", "drop"])])
      let session = try await tenant.session("alice", role: .owner)
      let all = try await servers(session, policy)
      #expect(all.map(\.slug) == ["files", "mail"] && all.map(\.descriptor.allowedTools) == [nil, ["read", "send"]])
      let narrowed = try await servers(session, charm: "postman", policy)
      #expect(narrowed.map(\.descriptor.id) == [mail.id] && narrowed.first?.descriptor.allowedTools == ["read"])
      let token = Tenant.hash(try #require(narrowed.first).token.secret)
      let caller = try await policy.gateway.call(SessionEndpoints.verify, OnBehalf(token, Empty()))
      #expect(caller.credential == .clientToken && caller.mcpServerId == mail.id && caller.charmId == "postman")
      #expect(caller.role == .member)
      #expect(try await tenant.access(mail.id, as: token).servers.first?.tools.allows("send") == false)
      #expect(await refusal { try await tenant.access(files.id, as: token) } == .forbidden)
    }
  }

  @Test func aCharmMustExistAndASessionThatHasOneKeepsIt() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer()
      try await tenant.createCharm("one", [.init(mcpServerId: server.id)])
      try await tenant.createCharm("two", [])
      let free = try await tenant.session("alice")
      let bound = try await tenant.session("alice", charmId: "one")
      #expect(await refusal { try await servers(free, charm: "nobody", policy) } == .notFound)
      #expect(await refusal { try await servers(bound, charm: "two", policy) } == .forbidden)
      #expect(try await servers(bound, charm: "one", policy).count == 1)
      #expect(try await servers(bound, policy).count == 1)
      #expect(try await servers(free, charm: "two", policy).isEmpty)
      let unknown = try await tenant.session("alice", charmId: "ghost")
      #expect(try await servers(unknown, policy).isEmpty)
    }
  }

  @Test func onlyAMembersSessionAsks() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      _ = try await tenant.createServer()
      #expect(await refusal { try await servers(tenant.apiKey, policy) } == .forbidden)
      #expect(await refusal { try await servers(try await tenant.person(), policy) } == .forbidden)
    }
  }

  @Test func theTokensEndWithTheirSession() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      _ = try await tenant.createServer()
      let created = try await tenant.createSession(CreateSession(user: .init(id: "alice"), ttlSeconds: 60))
      let token = try #require(try await servers(Tenant.hash(created.token.secret), policy).first)
      #expect(token.expiresAt == created.expiresAt)
      #expect(await tenant.isAlive(token.token.secret))
      _ = try await policy.gateway.call(
        SessionEndpoints.end, OnBehalf(tenant.apiKey, Reference<SessionKind>(id: created.id)))
      #expect(await tenant.isAlive(token.token.secret) == false)
    }
  }
}
