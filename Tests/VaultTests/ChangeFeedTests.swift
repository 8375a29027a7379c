import Foundation
import Model
import ServiceKit
import ServiceTokens
import TestSupport
import Testing

@testable import VaultKit

/// What gateways that hold tokens are told.
@Suite struct ChangeFeedTests {
  private func poll(_ vault: VaultUnderTest, after: Int64?, wait: Int = 0) async throws -> ChangePage {
    try await vault.gateway.call(ChangeEndpoints.pollVault, ChangeQuery(after: after, waitSeconds: wait))
  }

  private func change(
    _ id: ConnectionID, _ change: ConnectionChange, _ person: Person, _ vault: VaultUnderTest
  ) async throws {
    _ = try await vault.gateway.call(
      ConnectionEndpoints.change, Targeted(id, change), grant: try person.grant([.manage], vault))
  }

  @Test func everyChangeOfWhichTokenIsTheRightOneIsTold() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.putSecret("client-secret", vault)
      let start = try await poll(vault, after: nil)
      #expect(start.changes.isEmpty && start.complete)
      let id = try await ada.connect(vault).id
      for step in [ConnectionChange.makeDefault, .pause, .resume] { try await change(id, step, ada, vault) }
      _ = try await ada.connect(vault, again: id)
      _ = try await vault.gateway.call(
        ConnectionEndpoints.revoke, Reference(id: id), grant: try ada.grant([.revoke], vault))
      _ = try await vault.gateway.call(
        ConnectionEndpoints.revoke, Reference(id: id), grant: try ada.grant([.revoke], vault))
      _ = try await vault.gateway.call(
        RevocationEndpoints.create, CreateRevocation(userId: ada.user), grant: try ada.administer(vault))
      let page = try await poll(vault, after: start.last)
      #expect(page.complete && page.changes.allSatisfy { $0.organizationId == ada.organization })
      #expect(page.changes.map(\.kind) == Array(repeating: .connection, count: 7))
      #expect(page.changes.map(\.subject) == Array(repeating: id.rawValue, count: 6) + [nil])
      #expect(page.changes.map(\.sequence) == Array((start.last + 1)...(start.last + 7)))
      #expect(page.last == start.last + 7)
    }
  }

  @Test func aStaticTokenIsToldAndAClientSecretIsNot() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let start = try await poll(vault, after: nil).last
      _ = try await ada.putSecret("client-secret", vault)
      let server = MCPServerID.random().rawValue
      func grant() throws -> SignedGrant {
        let now = Date()
        return try vault.keys.grantSigner.sign(
          Grant(
            organizationId: ada.organization, userId: ada.user, actor: Actor(kind: .member), purposes: [.writeSecret],
            integrationIds: [],
            scope: ConnectionScope(applicationType: .mcpServer, applicationId: server, appId: server),
            presenters: [.policy], issuedAt: now, expiresAt: now + 30))
      }
      _ = try await vault.policy.call(
        SecretEndpoints.put,
        PutSecret(kind: .staticToken, ownerId: server, value: WireSecret("t"), expiresAt: nil), grant: try grant())
      _ = try await vault.policy.call(
        SecretEndpoints.delete, DeleteSecret(kind: .staticToken, ownerId: server), grant: try grant())
      let page = try await poll(vault, after: start)
      #expect(page.changes.map(\.kind) == [.secret, .secret])
      #expect(page.changes.map(\.subject) == [server, server])
    }
  }

  @Test func aReaderThatKnowsTooMuchOrTooLittleIsToldSo() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault).id
      for step in [ConnectionChange.pause, .resume] { try await change(id, step, ada, vault) }
      let last = try await poll(vault, after: nil).last
      #expect(try await poll(vault, after: last + 1).complete == false)
      #expect(try await poll(vault, after: last).complete)
      _ = try vault.sql("DELETE FROM change WHERE sequence < \(last)")
      #expect(try await poll(vault, after: last - 2).complete == false)
      #expect(try await poll(vault, after: last - 1).changes.count == 1)
      #expect(await code { try await poll(vault, after: 0, wait: 26) } == .invalidRequest)
    }
  }

  @Test(.timeLimit(.minutes(3))) func aWaitingReaderIsWokenByAnotherReplica() async throws {
    try await VaultUnderTest.withTwo { one, two in
      let ada = Person()
      let id = try await ada.connect(one).id
      var times: [Duration] = []
      for step in [ConnectionChange.pause, .resume, .pause, .resume, .makeDefault] {
        let start = try await poll(two, after: nil).last
        async let waiting = poll(two, after: start, wait: 25)
        let begun = ContinuousClock.now
        try await change(id, step, ada, one)
        #expect(try await waiting.changes.count == 1)
        times.append(ContinuousClock.now - begun)
      }
      // The quickest: everything above it is the machine, which runs other tests at the same time.
      let quickest = try #require(times.min())
      #expect(quickest < .seconds(1))
      print("figure: a change of one vault reached a reader of another after \(quickest), the quickest of 5")
    }
  }
}
