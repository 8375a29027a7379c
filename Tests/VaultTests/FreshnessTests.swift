import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// What a caller may ask of a token's age, and how often it may force a new one.
@Suite struct FreshnessTests {
  /// A Connection whose token is within its margin.
  private func due(_ person: Person, secondsLeft: Int, _ vault: VaultUnderTest) async throws -> ConnectionID {
    let id = try await person.connect(vault, tokens: person.tokens("old")).id
    _ = try vault.sql(
      """
      UPDATE connection SET received_at = now() - interval '1 hour', expires_at = now() + interval '\(secondsLeft) seconds'
      """)
    return id
  }

  @Test func whatLivesIsHandedOutAlthoughItsRefreshIsDue() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await due(ada, secondsLeft: 30, vault)
      #expect(try await ada.resolve(vault).outcome == .refreshRequired)
      let living = ResolveConnection(waitSeconds: 0, freshness: .whatLives)
      #expect(try await ada.resolve(vault, living).accessToken?.text == "old")
      _ = try vault.sql("UPDATE connection SET expires_at = now() + interval '3 seconds'")
      #expect(try await ada.resolve(vault, living).outcome == .refreshRequired, "too short for a call")
    }
  }

  @Test(arguments: [30, 3_600]) func afterARefreshMeansNotBeforeItHasEnded(secondsLeft: Int) async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await due(ada, secondsLeft: secondsLeft, vault)
      let lease = try #require(try await ada.beginRefresh(id, vault).lease)
      #expect(try await ada.resolve(vault).accessToken?.text == "old")
      let impatient = ResolveConnection(waitSeconds: 0, freshness: .afterRefresh)
      #expect(await code { try await ada.resolve(vault, impatient) } == .unavailable)
      async let patient = ada.resolve(vault, ResolveConnection(waitSeconds: 20, freshness: .afterRefresh))
      _ = try await vault.exchanger.call(
        RefreshEndpoints.commit, CommitRefresh(lease: lease.reference(id), tokens: ada.tokens("new")))
      #expect(try await patient.accessToken?.text == "new")
    }
  }

  @Test func afterAFailedRefreshTheLivingTokenIsTheBestThereIs() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await due(ada, secondsLeft: 3_600, vault)
      let lease = try #require(try await ada.beginRefresh(id, vault).lease)
      async let patient = ada.resolve(vault, ResolveConnection(waitSeconds: 20, freshness: .afterRefresh))
      _ = try await vault.exchanger.call(
        RefreshEndpoints.fail, FailRefresh(lease: lease.reference(id), failure: .transient, reason: "http_503"))
      #expect(try await patient.accessToken?.text == "old")
    }
  }

  @Test func aTokenThatHasOnlyJustComeIsNotForcedAnew() async throws {
    try await VaultUnderTest.with(["LANYARD_REFRESH_FORCED_MINIMUM_SECONDS": "10"]) { vault in
      let ada = Person()
      let id = try await ada.connect(vault).id
      #expect(try await ada.beginRefresh(id, vault).state == .notDue)
      _ = try vault.sql("UPDATE connection SET received_at = now() - interval '9 seconds'")
      #expect(try await ada.beginRefresh(id, vault).state == .notDue)
      _ = try vault.sql("UPDATE connection SET received_at = now() - interval '11 seconds'")
      #expect(try await ada.beginRefresh(id, vault).state == .leased)
    }
  }

  @Test func aTokenThatHasEndedIsRefreshedHoweverYoungItIs() async throws {
    try await VaultUnderTest.with(["LANYARD_REFRESH_FORCED_MINIMUM_SECONDS": "3600"]) { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ada.tokens(lifetime: -1)).id
      #expect(try await ada.beginRefresh(id, vault).state == .leased)
    }
  }

  @Test func theDefaultHoldsBackWhoeverForcesInALoop() {
    #expect(VaultConfiguration.defaultRefreshForcedMinimumSeconds == 10)
  }

  @Test func forceDoesNotCutAPauseShort() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault).id
      let lease = try #require(try await ada.beginRefresh(id, vault).lease)
      let failure = FailRefresh(
        lease: lease.reference(id), failure: .transient, reason: "http_429", retryAfter: 60)
      _ = try await vault.exchanger.call(RefreshEndpoints.fail, failure)
      for _ in 0..<5 { #expect(try await ada.beginRefresh(id, vault).state == .notDue) }
      _ = try vault.sql("UPDATE connection SET next_try_at = now()")
      #expect(try await ada.beginRefresh(id, vault).state == .leased)
    }
  }
}
