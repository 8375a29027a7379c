import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

@Suite("Callers and sessions")
struct CallerTests {
  @Test func anAPIKeyIsAnOwnersInstrumentWithoutAUser() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant("Acme")
      let caller = try await policy.gateway.call(SessionEndpoints.verify, OnBehalf(tenant.apiKey, Empty()))
      #expect(caller.credential == .apiKey)
      #expect(caller.credentialId == tenant.keyId.rawValue)
      #expect(caller.organizationId == tenant.id)
      #expect(caller.organizationName == "Acme")
      #expect(caller.user == nil)
      #expect(caller.role == .owner)
    }
  }

  @Test func aSessionBelongsToItsUserAndLivesAsLongAsItSays() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let user = CreateSession.User(id: "u-1", email: "alice@example.com", name: "Alice", groups: ["sales"])
      let created = try await tenant.createSession(CreateSession(user: user, charmId: "charm-1"))
      #expect(created.token.secret.expose { $0.hasPrefix("lys_") && $0.count == 47 })
      #expect(abs(created.expiresAt.timeIntervalSinceNow - 600) < 30)
      let caller = try await policy.gateway.call(
        SessionEndpoints.verify, OnBehalf(Tenant.hash(created.token.secret), Empty()))
      #expect(caller.user?.id == created.userId)
      #expect(caller.user?.externalId == "u-1")
      #expect(caller.user?.email == "alice@example.com")
      #expect(caller.groups == ["sales"])
      #expect(caller.charmId == "charm-1")
      #expect(caller.role == .member)
      #expect(caller.credentialId == created.id.rawValue)
    }
  }

  @Test func theSamePersonKeepsTheirIdAndTwoAtOnceBecomeOne() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let ids = try await withThrowingTaskGroup(of: UserID.self) { group in
        for _ in 0..<20 {
          group.addTask { try await tenant.createSession(CreateSession(user: .init(id: "same"))).userId }
        }
        return try await group.reduce(into: Set<UserID>()) { $0.insert($1) }
      }
      #expect(ids.count == 1)
    }
  }

  @Test func anExpiredSessionIsRefused() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let session = try await tenant.session()
      try policy.database.superuser("UPDATE session SET expires_at = now() - interval '1 second'")
      #expect(
        await refusal { try await policy.gateway.call(SessionEndpoints.verify, OnBehalf(session, Empty())) }
          == .unauthenticated)
    }
  }

  @Test(arguments: [
    "", "zz", String(repeating: "0", count: 64), String(repeating: "A", count: 64), String(repeating: "0", count: 63),
  ])
  func anUnknownCredentialIsRefusedEverywhereAlike(hash: String) async throws {
    try await PolicyFixture.with { policy in
      let credential = WireSecret(hash)
      #expect(
        await refusal { try await policy.gateway.call(SessionEndpoints.verify, OnBehalf(credential, Empty())) }
          == .unauthenticated)
      let list = OnBehalf(credential, PageRequest())
      #expect(await refusal { try await policy.gateway.call(IntegrationEndpoints.list, list) } == .unauthenticated)
    }
  }

  @Test(arguments: [-1, 0, 86_401]) func aLifeOutOfBoundsIsRefused(seconds: Int) async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let request = CreateSession(user: .init(id: "u"), ttlSeconds: seconds)
      #expect(await refusal { try await tenant.createSession(request) } == .invalidRequest)
      #expect(try policy.database.superuser("SELECT count(*) FROM session") == "0\n")
    }
  }

  @Test func onlyAnAPIKeyMakesSessions() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let owner = try await tenant.session("boss", role: .owner)
      let request = OnBehalf(owner, CreateSession(user: .init(id: "u")))
      #expect(await refusal { try await policy.gateway.call(SessionEndpoints.create, request) } == .forbidden)
    }
  }

  @Test func aKeyIsHeldToItsScopes() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let session = try await tenant.createSession(CreateSession(user: .init(id: "u")))
      try policy.database.superuser("UPDATE api_key SET scopes = '{sessions}'")
      #expect(await refusal { try await tenant.createIntegration() } == .forbidden)
      #expect(
        await refusal {
          try await policy.gateway.call(
            SessionEndpoints.removeUser, OnBehalf(tenant.apiKey, Reference<UserKind>(id: session.userId)))
        } == .forbidden)
      #expect(
        await refusal { try await tenant.authorize(AccessRequest(purposes: [.administer]), as: tenant.apiKey) }
          == .forbidden)
      #expect(await refusal { try await tenant.session() } == nil)
    }
  }

  @Test func aRevokedKeyEndsItsSessionsToo() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let session = try await tenant.session()
      try policy.database.superuser("UPDATE api_key SET revoked_at = now()")
      for credential in [tenant.apiKey, session] {
        #expect(
          await refusal { try await policy.gateway.call(SessionEndpoints.verify, OnBehalf(credential, Empty())) }
            == .unauthenticated)
      }
    }
  }

  @Test func aSessionNeverLendsMoreThanItWasMadeWithNorMoreThanTheMemberHas() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      func role(_ credential: CredentialHash) async throws -> Role {
        try await policy.gateway.call(SessionEndpoints.verify, OnBehalf(credential, Empty())).role
      }
      let plain = try await tenant.session("x")
      let owner = try await tenant.session("x", role: .owner)
      #expect(try await role(plain) == .member)
      #expect(try await role(owner) == .owner)
      let again = try await tenant.session("x")
      #expect(try await role(again) == .member)
      #expect(try await role(owner) == .owner)
      _ = try await tenant.session("x", role: .admin)
      #expect(try await role(owner) == .owner, "the last owner stays one")
      _ = try await tenant.session("y", role: .owner)
      _ = try await tenant.session("x", role: .admin)
      #expect(try await role(owner) == .admin)
    }
  }

  @Test func sessionsAreEndedByTheirOwnerAnAdminOrTheHost() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let other = try await policy.makeTenant("Other")
      let target = try await tenant.createSession(CreateSession(user: .init(id: "alice")))
      func end(_ credential: CredentialHash) async -> ErrorCode? {
        await refusal {
          try await policy.gateway.call(
            SessionEndpoints.end, OnBehalf(credential, Reference<SessionKind>(id: target.id)))
        }
      }
      #expect(await end(try tenant.session("bob")) == .notFound)
      #expect(await end(other.apiKey) == .notFound)
      #expect(await end(Tenant.hash(target.token.secret)) == nil)
      #expect(await end(tenant.apiKey) == .notFound)
      let second = try await tenant.createSession(CreateSession(user: .init(id: "alice")))
      #expect(
        await refusal {
          try await policy.gateway.call(
            SessionEndpoints.end,
            OnBehalf(try await tenant.session("boss", role: .admin), Reference<SessionKind>(id: second.id)))
        } == nil)
      #expect(
        await refusal {
          try await policy.gateway.call(SessionEndpoints.verify, OnBehalf(Tenant.hash(second.token.secret), Empty()))
        } == .unauthenticated)
    }
  }
}
