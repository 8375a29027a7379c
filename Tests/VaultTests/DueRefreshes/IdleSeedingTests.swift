import Foundation
import Model
import PostgreSQL
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// The migration that puts Connections from before the due queue into it, where their provider forgets refresh tokens that nobody uses.
@Suite struct IdleSeedingTests {
  private static let migration = "0013_idle_refresh_tokens.sql"

  /// As a vault from before the queue has left a Connection: nothing about idle times, and no entry.
  private func connect(
    _ provider: String, receivedDaysAgo: Double, _ vault: VaultUnderTest, status: String = "active",
    refresh: String? = "refresh"
  ) async throws -> ConnectionID {
    let person = Person()
    let id = try await person.connect(vault, tokens: person.tokens("old", refresh: refresh)).id
    _ = try vault.sql(
      """
      DELETE FROM due_refresh WHERE connection_id = '\(id)';
      UPDATE connection SET provider = '\(provider)', status = '\(status)', last_used_at = NULL,
        received_at = now() - interval '\(receivedDaysAgo) days', expires_at = now() - interval '\(receivedDaysAgo) days'
      WHERE id = '\(id)'
      """)
    return id
  }

  /// Runs the migration's file once more: it only puts in what is missing.
  private func migrate(_ vault: VaultUnderTest) throws {
    let file = VaultSchema.migrationsDirectory.appending(path: Self.migration)
    _ = try vault.sql("SET ROLE \(vault.storage.database.ownerRole);" + String(contentsOf: file, encoding: .utf8))
  }

  /// Days until the entry comes up, nil without one.
  private func days(_ id: ConnectionID, _ vault: VaultUnderTest) throws -> Double? {
    Double(
      try vault.sql(
        """
        SELECT extract(epoch FROM due_at - now()) / 86400 FROM due_refresh
        WHERE connection_id = '\(id)' AND reason = 'idle' AND generation = 1
        """))
  }

  @Test func connectionsWhoseProviderForgetsTheirTokenAreInTheQueueAfterAnUpgrade() async throws {
    try await VaultUnderTest.with { vault in
      let fresh = try await connect("google", receivedDaysAgo: 10, vault)
      let paused = try await connect("google", receivedDaysAgo: 10, vault, status: "paused")
      let broken = try await connect("google", receivedDaysAgo: 10, vault, status: "needsReauthorization")
      let unrenewable = try await connect("google", receivedDaysAgo: 10, vault, refresh: nil)
      let patient = try await connect("github", receivedDaysAgo: 10, vault)
      try migrate(vault)
      let due = try #require(try days(fresh, vault))
      #expect((97.9...125.1).contains(due), "60 to 75 % of 180 days, of which 10 are over")
      for id in [paused, broken, unrenewable, patient] { #expect(try days(id, vault) == nil) }
      #expect(
        try vault.sql("SELECT metadata ->> 'refreshTokenIdleDays' FROM connection WHERE id = '\(paused)'") == "180",
        "it comes into the queue when it is resumed")
      #expect(try vault.sql("SELECT metadata ? 'refreshTokenIdleDays' FROM connection WHERE id = '\(patient)'") == "f")
      // What is there stays as it is.
      _ = try vault.sql("UPDATE due_refresh SET due_at = now() + interval '3 days' WHERE connection_id = '\(fresh)'")
      try migrate(vault)
      #expect((2.9...3).contains(try #require(try days(fresh, vault))))
      #expect(
        try vault.sql(
          "SELECT count(*) FROM pg_class WHERE relname IN ('connection', 'due_refresh') AND relforcerowsecurity") == "2"
      )
    }
  }

  @Test func whatIsOverdueIsSpreadAndOnlyWhatIsAlmostForgottenHurries() async throws {
    try await VaultUnderTest.with { vault in
      var overdue: [ConnectionID] = []
      for _ in 0..<12 { overdue.append(try await connect("box", receivedDaysAgo: 50, vault)) }
      let hasty = try await connect("box", receivedDaysAgo: 59.9, vault)
      try migrate(vault)
      let times = try overdue.map { try #require(try days($0, vault)) }
      #expect(times.allSatisfy { (-0.01...1).contains($0) })
      #expect((times.max() ?? 0) - (times.min() ?? 0) > 0.1, "\(times): not all of them at once")
      #expect((-0.01...0.06).contains(try #require(try days(hasty, vault))))
    }
  }

  @Test func whatIsSeededIsRefreshedAlthoughNobodyUsesIt() async throws {
    try await VaultUnderTest.with { vault in
      let id = try await connect("xero", receivedDaysAgo: 50, vault)
      try migrate(vault)
      _ = try vault.sql("UPDATE due_refresh SET due_at = now()")
      let due = try await vault.exchanger.call(RefreshEndpoints.claim, ClaimRefreshes(limit: 50, waitSeconds: 0))
      #expect(due.map(\.connectionId) == [id])
      #expect(due.first?.lease.refreshToken?.text == "refresh")
    }
  }

  /// The queue's entry for its access token is no loss either: the idle time is found when it comes up.
  @Test func anEntryForTheAccessTokenTurnsIntoOneForTheIdleTime() async throws {
    try await VaultUnderTest.with { vault in
      let id = try await connect("microsoft", receivedDaysAgo: 1, vault)
      _ = try vault.sql(
        """
        INSERT INTO due_refresh (organization_id, connection_id, generation, reason, due_at)
        SELECT organization_id, id, generation, 'expiry', now() FROM connection WHERE id = '\(id)'
        """)
      try migrate(vault)
      let due = try await vault.exchanger.call(RefreshEndpoints.claim, ClaimRefreshes(limit: 50, waitSeconds: 0))
      #expect(due.isEmpty)
      #expect((52.9...66.6).contains(try #require(try days(id, vault))), "60 to 75 % of 90 days, of which one is over")
    }
  }
}
