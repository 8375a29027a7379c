import Foundation
import Model
import PostgreSQL
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// A transaction that PostgreSQL ends because of a deadlock is run again: nobody is told of a race that they only lost.
@Suite struct LostRaceTests {
  /// Runs a call whose transaction locks the Connection first and the audit chain last, while somebody takes them crosswise.
  private func crossing<Result: Sendable>(
    _ id: ConnectionID, of person: Person, _ vault: VaultUnderTest, _ body: @Sendable () async throws -> Result
  ) async throws -> Result {
    try await vault.storage.database.server.crossing(
      in: vault.storage.database.name,
      first: "SELECT FROM audit_head WHERE organization_id = \(person.organization.rawValue) FOR UPDATE",
      second: "SELECT FROM connection WHERE id = \(id.rawValue) FOR UPDATE", body)
  }

  private func rows(_ action: String, _ vault: VaultUnderTest) throws -> String {
    try vault.sql("SELECT count(*) FROM audit_entry WHERE action = '\(action)'")
  }

  @Test func aConnectionIsPausedAfterALostRace() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault).id
      let paused = try await crossing(id, of: ada, vault) {
        try await vault.gateway.call(
          ConnectionEndpoints.change, Targeted(id, .pause), grant: try ada.grant([.manage], vault))
      }
      #expect(paused.status == .paused)
      #expect(try rows("connection.paused", vault) == "1", "and it is on record once")
    }
  }

  @Test func aLeaseAndTheTokensThatCameOfItOutliveLostRaces() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ada.tokens("old", lifetime: -1)).id
      let begun = try await crossing(id, of: ada, vault) { try await ada.beginRefresh(id, vault, force: false) }
      let lease = try #require(begun.lease)
      let commitment = try await crossing(id, of: ada, vault) {
        try await vault.exchanger.call(
          RefreshEndpoints.commit, CommitRefresh(lease: lease.reference(id), tokens: ada.tokens("new")))
      }
      #expect(commitment.state == .committed)
      #expect(try await ada.resolve(vault).accessToken?.text == "new")
      #expect(try rows("connection.refresh.begun", vault) == "1")
      #expect(try rows("connection.refresh.committed", vault) == "1")
    }
  }
}
