import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

@Suite("Offboarding")
struct OffboardingTests {
  private func remove(_ id: UserID, by credential: CredentialHash, _ policy: PolicyFixture) async -> ErrorCode? {
    await refusal {
      try await policy.gateway.call(SessionEndpoints.removeUser, OnBehalf(credential, Reference<UserKind>(id: id)))
    }
  }

  @Test func aRemovedUserStopsAtOnceAndIsRevoked() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let session = try await tenant.createSession(CreateSession(user: .init(id: "alice", email: "a@example.com")))
      #expect(await remove(session.userId, by: tenant.apiKey, policy) == nil)
      #expect(
        await refusal {
          try await policy.gateway.call(SessionEndpoints.verify, OnBehalf(Tenant.hash(session.token.secret), Empty()))
        } == .unauthenticated)
      #expect(try policy.vault.received(RevocationEndpoints.create).map(\.userId) == [session.userId])
      #expect(try policy.database.superuser("SELECT count(*) FROM member") == "0\n")
      #expect(try policy.database.superuser("SELECT count(*) FROM session") == "0\n")
      #expect(await remove(session.userId, by: tenant.apiKey, policy) == .notFound)
      let again = try await tenant.createSession(CreateSession(user: .init(id: "alice")))
      #expect(again.userId != session.userId)
    }
  }

  @Test func membersCannotRemoveAnyoneNorCanAnotherOrganization() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let other = try await policy.makeTenant("Other")
      let target = try await tenant.createSession(CreateSession(user: .init(id: "alice")))
      #expect(await remove(target.userId, by: try tenant.session("bob"), policy) == .forbidden)
      #expect(await remove(target.userId, by: other.apiKey, policy) == .notFound)
      #expect(policy.vault.orders.isEmpty)
    }
  }

  @Test(.timeLimit(.minutes(1))) func aVaultThatIsAwayIsToldLater() async throws {
    let database = try await PolicyDatabase.make()
    let user = try await PolicyFixture.with(database: database) { policy in
      let tenant = try await policy.makeTenant()
      let session = try await tenant.createSession(CreateSession(user: .init(id: "alice", email: "a@example.com")))
      policy.vaultStub.fail(RevocationEndpoints.create.path, with: ServiceError(.sealed, "sealed"))
      #expect(await remove(session.userId, by: tenant.apiKey, policy) == nil)
      #expect(
        await refusal {
          try await policy.gateway.call(SessionEndpoints.verify, OnBehalf(Tenant.hash(session.token.secret), Empty()))
        } == .unauthenticated)
      #expect(try database.superuser("SELECT kind, subject FROM vault_task") == "revokeUser|\(session.userId)\n")
      #expect(try database.superuser("SELECT count(email) FROM member") == "0\n")
      return session.userId
    }
    try database.superuser("UPDATE vault_task SET due_at = now()")
    try await PolicyFixture.with(database: database) { policy in
      while try database.superuser("SELECT count(*) FROM member") != "0\n" { try await letOthersRun() }
      #expect(try policy.vault.received(RevocationEndpoints.create).map(\.userId) == [user])
    }
  }
}
