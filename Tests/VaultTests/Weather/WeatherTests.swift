import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// Refreshes keep within what a provider bears: over the wire, with the table that all vaults share.
@Suite struct WeatherTests {
  /// People whose tokens have ended, each with a Connection.
  private func crowd(_ count: Int, _ vault: VaultUnderTest) async throws -> [(Person, ConnectionID)] {
    var crowd: [(Person, ConnectionID)] = []
    for _ in 0..<count {
      let person = Person()
      let tokens = person.tokens("old", refresh: "refresh", lifetime: -1)
      crowd.append((person, try await person.connect(vault, tokens: tokens).id))
    }
    return crowd
  }

  private func fail(
    _ lease: RefreshLease.Lease, _ id: ConnectionID, _ reason: String, _ vault: VaultUnderTest, retryAfter: Int? = nil
  ) async throws {
    _ = try await vault.exchanger.call(
      RefreshEndpoints.fail,
      FailRefresh(lease: lease.reference(id), failure: .transient, reason: reason, retryAfter: retryAfter))
  }

  @Test func twoVaultsKeepOneLimit() async throws {
    let settings = ["LANYARD_REFRESH_PER_SECOND": "5"]
    let keys = try TestServiceKeys()
    try await VaultUnderTest.with(settings, keys: keys) { one in
      try await VaultUnderTest.with(settings, on: one.storage, keys: keys) { two in
        let crowd = try await crowd(40, one)
        let answers = try await withThrowingTaskGroup(of: RefreshLease.self) { group in
          for (index, (person, id)) in crowd.enumerated() {
            let vault = index.isMultiple(of: 2) ? one : two
            group.addTask { try await person.beginRefresh(id, vault, force: false) }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        let leased = answers.filter { $0.state == .leased }
        let elapsed = try #require(
          Double(try one.sql("SELECT extract(epoch FROM clock_timestamp() - since) FROM provider_weather")))
        #expect(leased.count >= 20, "ten at once, and places for two seconds ahead")
        #expect(Double(leased.count) <= 20 + elapsed * 5 + 1)
        #expect(leased.contains { ($0.lease?.waitMilliseconds ?? 0) > 1_000 })
        for answer in answers where answer.state != .leased {
          #expect(answer.state == .postponed)
          #expect((answer.retryAfter ?? 0) >= 1)
        }
        // Whoever is sent away holds nothing: no lease, no attempt, no failure.
        #expect(try one.sql("SELECT count(*) FROM connection WHERE lease_until > now()") == "\(leased.count)")
        #expect(try one.sql("SELECT count(*) FROM refresh_attempt") == "\(leased.count)")
        #expect(try one.sql("SELECT count(*) FROM connection WHERE status <> 'active' OR failures > 0") == "0")
      }
    }
  }

  @Test func aProviderThatFailsIsLeftAloneAndNoConnectionDies() async throws {
    try await VaultUnderTest.with { vault in
      let crowd = try await crowd(30, vault)
      for (person, id) in crowd.prefix(ProviderWeather.leastCalls) {
        let lease = try #require(try await person.beginRefresh(id, vault, force: false).lease)
        try await fail(lease, id, "status_500", vault)
      }
      #expect(try vault.sql("SELECT state FROM provider_weather") == "storm")
      let rest = crowd.dropFirst(ProviderWeather.leastCalls)
      for (person, id) in rest {
        let answer = try await person.beginRefresh(id, vault, force: false)
        #expect(answer.state == .postponed)
        #expect((1...10).contains(answer.retryAfter ?? 0))
      }
      // What time does to a storm, without the wait: of all who ask, one probes.
      _ = try vault.sql("UPDATE provider_weather SET next_probe_at = now()")
      var probe: (RefreshLease.Lease, Person, ConnectionID)?
      var probes = 0
      for (person, id) in rest {
        guard let lease = try await person.beginRefresh(id, vault, force: false).lease else { continue }
        probe = (lease, person, id)
        probes += 1
      }
      #expect(probes == 1)
      let (lease, person, id) = try #require(probe)
      _ = try await vault.exchanger.call(
        RefreshEndpoints.commit,
        CommitRefresh(lease: lease.reference(id), tokens: person.tokens("new", refresh: "refresh-2")))
      #expect(try vault.sql("SELECT state FROM provider_weather") == "clearing")
      #expect(
        try vault.sql("SELECT count(*) FROM connection WHERE status IN ('active', 'degraded')") == "\(crowd.count)")
      #expect(vault.log.text.contains("a provider does not answer"))
      #expect(vault.log.text.contains("a provider answers again"))
    }
  }

  @Test func throttlingOfOneClientHoldsUpNobodyElse() async throws {
    try await VaultUnderTest.with { vault in
      let crowd = try await crowd(ProviderWeather.leastCalls + 1, vault)
      for (person, id) in crowd.dropLast() {
        let lease = try #require(try await person.beginRefresh(id, vault, force: false).lease)
        try await fail(lease, id, "status_429", vault, retryAfter: 3_600)
      }
      let (person, id) = crowd[crowd.count - 1]
      #expect(try await person.beginRefresh(id, vault, force: false).state == .leased)
    }
  }

  @Test func aProviderThatAsksForPatienceGetsIt() async throws {
    try await VaultUnderTest.with { vault in
      let crowd = try await crowd(2, vault)
      let lease = try #require(try await crowd[0].0.beginRefresh(crowd[0].1, vault, force: false).lease)
      try await fail(lease, crowd[0].1, "status_503", vault, retryAfter: 120)
      let answer = try await crowd[1].0.beginRefresh(crowd[1].1, vault, force: false)
      #expect(answer.state == .postponed)
      #expect((100...120).contains(answer.retryAfter ?? 0))
    }
  }

  @Test func anOrganizationsOwnProviderIsItsOwnWeather() async throws {
    try await VaultUnderTest.with { vault in
      let crowd = try await crowd(2, vault)
      _ = try vault.sql("UPDATE connection SET provider = 'custom'")
      let lease = try #require(try await crowd[0].0.beginRefresh(crowd[0].1, vault, force: false).lease)
      try await fail(lease, crowd[0].1, "status_503", vault, retryAfter: 3_600)
      #expect(crowd[0].0.organization != crowd[1].0.organization)
      #expect(try await crowd[1].0.beginRefresh(crowd[1].1, vault, force: false).state == .leased)
      #expect(try await crowd[0].0.beginRefresh(crowd[0].1, vault, force: false).state != .leased)
    }
  }

  /// A storm at the provider of every Connection.
  private func storm(_ vault: VaultUnderTest) throws {
    _ = try vault.sql(
      """
      INSERT INTO provider_weather (place, budget, state, next_probe_at)
      SELECT DISTINCT provider_url, 0, 'storm', now() + interval '1 hour' FROM connection
      """)
  }

  @Test func whoIsSentAwayHasTheProbeBeforeTheQueue() async throws {
    try await VaultUnderTest.with { vault in
      let crowd = try await crowd(2, vault)
      let ((caller, theirs), (_, queued)) = (crowd[0], crowd[1])
      try storm(vault)
      _ = try vault.sql(
        """
        UPDATE connection SET last_used_at = now();
        INSERT INTO due_refresh (organization_id, connection_id, generation, reason, due_at)
        SELECT organization_id, id, generation, 'expiry', now() FROM connection WHERE id = '\(queued)'
        """)
      #expect(try await caller.beginRefresh(theirs, vault, force: false).state == .postponed)
      #expect(try vault.sql("SELECT caller_at IS NOT NULL FROM provider_weather") == "t")
      // What time does: the probe is due.
      _ = try vault.sql("UPDATE provider_weather SET next_probe_at = now()")
      let due = try await vault.exchanger.call(RefreshEndpoints.claim, ClaimRefreshes(limit: 50, waitSeconds: 0))
      #expect(due.isEmpty)
      #expect(
        try vault.sql("SELECT due_at < now() + interval '21 seconds' FROM due_refresh") == "t",
        "it was put off by the weather, not held for somebody who has it")
      #expect(try await caller.beginRefresh(theirs, vault, force: false).state == .leased)
    }
  }

  @Test func aCrowdThatIsSentAwayWritesOnce() async throws {
    try await VaultUnderTest.with { vault in
      let crowd = try await crowd(3, vault)
      try storm(vault)
      // Noted just now, for as long as this test may take.
      _ = try vault.sql("UPDATE provider_weather SET caller_at = now() + interval '10 minutes'")
      let before = try vault.sql("SELECT ctid, caller_at FROM provider_weather")
      for (person, id) in crowd {
        #expect(try await person.beginRefresh(id, vault, force: false).state == .postponed)
      }
      #expect(try vault.sql("SELECT ctid, caller_at FROM provider_weather") == before, "the row was not written")
    }
  }

  @Test func aLiveTokenIsHandedOutThroughAStorm() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      // Due, with some seconds left.
      let id = try await ada.connect(vault, tokens: ada.tokens("old", refresh: "refresh", lifetime: 60)).id
      _ = try vault.sql(
        "UPDATE connection SET received_at = now() - interval '1 hour', expires_at = now() + interval '40 s'")
      try storm(vault)
      #expect(try await ada.resolve(vault).outcome == .refreshRequired)
      #expect(try await ada.beginRefresh(id, vault, force: false).state == .postponed)
      #expect(
        try await ada.resolve(vault, ResolveConnection(waitSeconds: 0, freshness: .whatLives)).accessToken?.text
          == "old")
    }
  }
}
