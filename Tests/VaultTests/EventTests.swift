import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// What the vault tells the policy service, which tells webhooks.
@Suite struct EventTests {
  private func claim(_ vault: VaultUnderTest) async throws -> [VaultEvent] {
    try await vault.policy.call(VaultEventEndpoints.claim, Empty())
  }

  private func acknowledge(_ events: [VaultEvent], _ vault: VaultUnderTest) async throws {
    _ = try await vault.policy.call(
      VaultEventEndpoints.acknowledge,
      AcknowledgeEvents(events: events.map { .init(organizationId: $0.organizationId, id: $0.id) }))
  }

  private func breakDown(_ id: ConnectionID, _ ada: Person, _ vault: VaultUnderTest) async throws {
    let lease = try #require(try await ada.beginRefresh(id, vault).lease)
    _ = try await vault.exchanger.call(
      RefreshEndpoints.fail,
      FailRefresh(lease: lease.reference(id), failure: .needsReauthorization, reason: "invalid_grant"))
  }

  @Test func aConnectionThatBreaksRecoversAndEndsSaysSoOnceEach() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let connection = try await ada.connect(vault)
      #expect(try await claim(vault).isEmpty, "a first consent is no news to anybody but the member")
      try await breakDown(connection.id, ada, vault)
      let broken = try await claim(vault)
      #expect(broken.map(\.type) == [.connectionBroken])
      #expect(broken.first?.organizationId == ada.organization)
      #expect(broken.first?.data["connectionId"] == connection.id.rawValue)
      #expect(broken.first?.data["userId"] == ada.user.rawValue)
      #expect(broken.first?.data["reason"] == "invalid_grant")
      #expect(try await claim(vault).isEmpty, "given out, and not yet given up")
      try await acknowledge(broken, vault)

      let again = try await ada.connect(vault, again: connection.id)
      #expect(again.id == connection.id)
      let recovered = try await claim(vault)
      #expect(recovered.map(\.type) == [.connectionRecovered])
      try await acknowledge(recovered, vault)

      _ = try await vault.gateway.call(
        ConnectionEndpoints.revoke, Reference(id: connection.id), grant: try ada.grant([.revoke], vault))
      let revoked = try await claim(vault)
      #expect(revoked.map(\.type) == [.connectionRevoked])
      try await acknowledge(revoked, vault)
      #expect(try vault.sql("SELECT count(*) FROM event") == "0")
    }
  }

  @Test func anEventSharesTheFateOfItsChange() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let connection = try await ada.connect(vault)
      _ = try vault.sql(
        """
        BEGIN; UPDATE connection SET status = 'needsReauthorization' WHERE id = '\(connection.id)'; ROLLBACK;
        """)
      #expect(try await claim(vault).isEmpty)
    }
  }

  @Test func whatIsNotAcknowledgedComesAgainAndReplicasShare() async throws {
    try await VaultUnderTest.withTwo { one, two in
      let ada = Person()
      let connection = try await ada.connect(one)
      let flips = (0..<60).map { number in
        "UPDATE connection SET status = '\(number.isMultiple(of: 2) ? "configError" : "active")'"
          + " WHERE id = '\(connection.id)';"
      }
      _ = try one.sql(flips.joined())
      async let first = claim(one)
      async let second = claim(two)
      let taken = try await first + second
      #expect(taken.count == 60 && Set(taken.map(\.id)).count == 60, "each to one of them")
      _ = try one.sql("UPDATE event SET due_at = now()")
      #expect(Set(try await claim(two).map(\.id)) == Set(taken.map(\.id)))
    }
  }

  @Test func onlyThePolicyServiceHearsOfThem() async throws {
    try await VaultUnderTest.with { vault in
      for stranger in [vault.gateway, vault.exchanger] {
        #expect(await code { try await stranger.call(VaultEventEndpoints.claim, Empty()) } == .forbidden)
      }
    }
  }
}
