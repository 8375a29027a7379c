import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// Refreshes without a caller: what the vault gives out, and what it keeps.
@Suite struct DueRefreshTests {
  private func claim(_ vault: VaultUnderTest, limit: Int = 50, wait: Int = 0) async throws -> [DueRefresh] {
    try await vault.exchanger.call(RefreshEndpoints.claim, ClaimRefreshes(limit: limit, waitSeconds: wait))
  }

  /// Connections of as many people, used just now.
  private func connect(_ count: Int, _ vault: VaultUnderTest, metadata: [String: String] = [:]) async throws
    -> [(person: Person, id: ConnectionID)]
  {
    var made: [(person: Person, id: ConnectionID)] = []
    for number in 0..<count {
      let person = Person()
      let tokens = person.tokens("old-\(number)", refresh: "refresh-\(number)", metadata: metadata)
      made.append((person, try await person.connect(vault, tokens: tokens).id))
    }
    _ = try vault.sql("UPDATE connection SET last_used_at = now()")
    return made
  }

  /// What time does.
  private func comeDue(_ vault: VaultUnderTest) throws { _ = try vault.sql("UPDATE due_refresh SET due_at = now()") }

  private func commit(_ due: DueRefresh, _ vault: VaultUnderTest) async throws {
    _ = try await vault.exchanger.call(
      RefreshEndpoints.commit,
      CommitRefresh(
        lease: due.lease.reference(due.connectionId), tokens: Person().tokens("new", refresh: "refresh-new")))
  }

  private func schedule(_ id: ConnectionID, _ vault: VaultUnderTest) throws -> String {
    try vault.sql(
      "SELECT reason || ' ' || generation FROM due_refresh WHERE connection_id = '\(id)'")
  }

  @Test func whatIsDueAndInUseIsGivenOutOnceAndComesBackWithItsNewTokens() async throws {
    try await VaultUnderTest.with { vault in
      let (ada, id) = try await connect(1, vault)[0]
      #expect(try await claim(vault).isEmpty, "an hour's token that has just come")
      try comeDue(vault)
      let due = try await claim(vault)
      #expect(due.map(\.connectionId) == [id])
      let lease = try #require(due.first?.lease)
      #expect(lease.refreshToken?.text == "refresh-0")
      #expect(lease.organizationId == ada.organization)
      #expect(try await claim(vault).isEmpty)
      #expect(try await ada.resolve(vault).accessToken?.text == "old-0", "callers have the old one meanwhile")
      try await commit(due[0], vault)
      #expect(try await ada.resolve(vault).accessToken?.text == "new")
      #expect(try schedule(id, vault) == "expiry 2")
      #expect(
        try vault.sql(
          """
          SELECT actor_kind, actor_id, user_id, caller, details ->> 'due' FROM audit_entry
          WHERE action = 'connection.refresh.begun'
          """) == "service|exchanger|\(ada.user)|exchanger|expiry")
    }
  }

  @Test func whatNobodyUsesIsLeftAlone() async throws {
    try await VaultUnderTest.with { vault in
      _ = try await connect(3, vault)
      _ = try vault.sql("UPDATE connection SET last_used_at = now() - interval '4 days'")
      _ = try vault.sql(
        "UPDATE connection SET last_used_at = NULL WHERE id = (SELECT min(id) FROM connection)")
      try comeDue(vault)
      #expect(try await claim(vault).isEmpty)
      #expect(try vault.sql("SELECT count(*) FROM due_refresh") == "0")
      #expect(try vault.sql("SELECT count(*) FROM refresh_attempt") == "0")
    }
  }

  @Test func aRefreshTokenThatItsProviderForgetsIsUsedBeforeThat() async throws {
    try await VaultUnderTest.with { vault in
      let (_, id) = try await connect(1, vault, metadata: [RenewalFacts.idleDays: "60"])[0]
      _ = try vault.sql("UPDATE connection SET last_used_at = NULL")
      try comeDue(vault)
      #expect(try await claim(vault).isEmpty, "not for the access token's end")
      #expect(try schedule(id, vault) == "idle 1")
      let days = try #require(
        Double(try vault.sql("SELECT extract(epoch FROM due_at - now()) / 86400 FROM due_refresh")))
      #expect((35.9...45).contains(days))
      try comeDue(vault)
      let due = try await claim(vault)
      #expect(due.map(\.connectionId) == [id])
      try await commit(due[0], vault)
      #expect(try schedule(id, vault) == "expiry 2")
    }
  }

  @Test func renewalByTheAccessTokenIsNotLeftUntilItHasEnded() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let tokens = ada.tokens("renew-me", refresh: nil, metadata: ["renewal": "accessToken"])
      let id = try await ada.connect(vault, tokens: tokens).id
      try comeDue(vault)
      #expect(try await claim(vault).map(\.connectionId) == [id], "although nobody uses it")
    }
  }

  @Test func pausedBrokenAndRevokedOnesAreLeftAloneUntilTheyAreBack() async throws {
    try await VaultUnderTest.with { vault in
      let made = try await connect(3, vault)
      let (ada, paused) = made[0]
      _ = try await vault.gateway.call(
        ConnectionEndpoints.change, Targeted(paused, .pause), grant: try ada.grant([.manage], vault))
      _ = try vault.sql("UPDATE connection SET status = 'needsReauthorization' WHERE id = '\(made[1].id)'")
      _ = try await vault.gateway.call(
        ConnectionEndpoints.revoke, Reference(id: made[2].id), grant: try made[2].person.grant([.revoke], vault))
      try comeDue(vault)
      #expect(try await claim(vault).isEmpty)
      #expect(try vault.sql("SELECT count(*) FROM due_refresh") == "0")
      _ = try await vault.gateway.call(
        ConnectionEndpoints.change, Targeted(paused, .resume), grant: try ada.grant([.manage], vault))
      #expect(try schedule(paused, vault) == "expiry 1")
    }
  }

  @Test func whatACallerHasRefreshedMeanwhileIsNotRefreshedAgain() async throws {
    try await VaultUnderTest.with { vault in
      let (ada, id) = try await connect(1, vault)[0]
      let lease = try #require(try await ada.beginRefresh(id, vault).lease)
      try comeDue(vault)
      #expect(try await claim(vault).isEmpty, "somebody is at it")
      _ = try vault.sql("UPDATE due_refresh SET due_at = now()")
      _ = try await vault.exchanger.call(
        RefreshEndpoints.commit, CommitRefresh(lease: lease.reference(id), tokens: ada.tokens("by a caller")))
      #expect(try await claim(vault).isEmpty)
      _ = try vault.sql("UPDATE due_refresh SET due_at = now(), generation = 1")
      #expect(try await claim(vault).isEmpty, "a time that was reckoned for older tokens")
      #expect(try schedule(id, vault) == "expiry 2")
      #expect(try vault.sql("SELECT count(*) FROM refresh_attempt") == "1")
    }
  }

  @Test func aFailureIsWaitedOut() async throws {
    try await VaultUnderTest.with { vault in
      let (_, id) = try await connect(1, vault)[0]
      try comeDue(vault)
      let due = try #require(try await claim(vault).first)
      _ = try await vault.exchanger.call(
        RefreshEndpoints.fail,
        FailRefresh(
          lease: due.lease.reference(id), failure: .transient, reason: "status_500", retryAfter: 600))
      try comeDue(vault)
      #expect(try await claim(vault).isEmpty)
      #expect(try vault.sql("SELECT due_at > now() + interval '9 minutes' FROM due_refresh") == "t")
    }
  }

  @Test func anExchangerThatEndsLosesNone() async throws {
    try await VaultUnderTest.with(["LANYARD_REFRESH_LEASE_SECONDS": "3"]) { vault in
      let (_, id) = try await connect(1, vault)[0]
      try comeDue(vault)
      let lost = try #require(try await claim(vault).first)
      // The entry comes up again by itself, and the lease has ended by then.
      let again = try #require(try await claim(vault, wait: 25).first)
      #expect(again.connectionId == id)
      #expect(again.lease.fence > lost.lease.fence)
      #expect(again.lease.generation == lost.lease.generation)
    }
  }

  @Test func twoVaultsKeepOnePaceAndNoneIsGivenTwice() async throws {
    let settings = ["LANYARD_PROACTIVE_REFRESH_PER_SECOND": "5"]
    let keys = try TestServiceKeys()
    try await VaultUnderTest.with(settings, keys: keys) { one in
      try await VaultUnderTest.with(settings, on: one.storage, keys: keys) { two in
        _ = try await connect(30, one)
        let began = ContinuousClock.now
        _ = try one.sql("UPDATE refresh_pace SET budget = 0, budget_at = clock_timestamp()")
        try comeDue(one)
        let given = try await withThrowingTaskGroup(of: [DueRefresh].self) { group in
          for vault in [one, two, one, two] {
            group.addTask {
              var taken: [DueRefresh] = []
              while ContinuousClock.now - began < .seconds(3) { taken += try await claim(vault) }
              return taken
            }
          }
          return try await group.reduce(into: []) { $0 += $1 }
        }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        #expect(Set(given.map(\.connectionId)).count == given.count)
        #expect(given.count >= 5)
        #expect(Double(given.count) <= seconds * 5 + 1)
      }
    }
  }

  /// With a table that seems to hold one row, a plan runs a plain subquery for each row: each run would take as many again.
  @Test func noMoreAreGivenThanWereAskedForWhateverThePlan() async throws {
    try await VaultUnderTest.with { vault in
      _ = try await connect(1, vault)
      _ = try vault.sql("ANALYZE due_refresh")
      _ = try await connect(29, vault)
      try comeDue(vault)
      _ = try vault.sql("UPDATE refresh_pace SET budget = 20, budget_at = clock_timestamp()")
      #expect(try await claim(vault, limit: 5).count == 5)
      #expect(try vault.sql("SELECT count(*) FROM due_refresh WHERE due_at > now()") == "5")
    }
  }

  @Test func offIsOff() async throws {
    try await VaultUnderTest.with(["LANYARD_PROACTIVE_REFRESH_PER_SECOND": "0"]) { vault in
      _ = try await connect(1, vault)
      try comeDue(vault)
      #expect(try await claim(vault).isEmpty)
    }
  }
}
