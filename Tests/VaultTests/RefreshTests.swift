import Foundation
import Model
import PostgreSQL
import Sealing
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

@Suite struct RefreshTests {
  private func ended(_ person: Person, _ access: String = "old", refresh: String? = "refresh-1") -> TokenSet {
    person.tokens(access, refresh: refresh, lifetime: -1)
  }

  private func commit(
    _ lease: RefreshLease.Lease, _ id: ConnectionID, _ tokens: TokenSet, _ vault: VaultUnderTest
  ) async throws -> RefreshCommitment {
    try await vault.exchanger.call(
      RefreshEndpoints.commit, CommitRefresh(lease: lease.reference(id), tokens: tokens))
  }

  private func fail(
    _ lease: RefreshLease.Lease, _ id: ConnectionID, _ failure: RefreshFailureClass, _ vault: VaultUnderTest,
    reason: String = "some_reason", retryAfter: Int? = nil
  ) async throws {
    _ = try await vault.exchanger.call(
      RefreshEndpoints.fail,
      FailRefresh(lease: lease.reference(id), failure: failure, reason: reason, retryAfter: retryAfter))
  }

  /// What time does to a lease, without the wait.
  private func letLeasesEnd(_ vault: VaultUnderTest) throws {
    _ = try vault.sql("UPDATE connection SET lease_until = clock_timestamp()")
  }

  private func letPausesEnd(_ vault: VaultUnderTest) throws {
    _ = try vault.sql("UPDATE connection SET next_try_at = now()")
  }

  @Test func anEndedTokenIsRefreshedUnderALease() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.putSecret("client-secret", vault)
      let id = try await ada.connect(vault, tokens: ended(ada)).id
      #expect(try await ada.resolve(vault).outcome == .refreshRequired)
      let lease = try #require(try await ada.beginRefresh(id, vault, force: false).lease)
      #expect(lease.refreshToken?.text == "refresh-1")
      #expect(lease.accessToken == nil)
      #expect(lease.clientSecret?.text == "client-secret")
      let committed = try await commit(lease, id, ada.tokens("new", refresh: "refresh-2"), vault)
      #expect(committed.state == .committed)
      #expect(committed.generation == 2)
      let answer = try await ada.resolve(vault)
      #expect(answer.accessToken?.text == "new")
      #expect(try await ada.beginRefresh(id, vault, force: false).state == .notDue)
      let next = try await ada.beginRefresh(id, vault)
      #expect(next.lease?.refreshToken?.text == "refresh-2")
      let again = try await commit(lease, id, ada.tokens("new", refresh: "refresh-2"), vault)
      #expect(again.state == .committed, "an answer that was lost on its way can be asked for again")
      #expect(again.generation == 2)
    }
  }

  @Test func aCommitThatTheDatabaseRefusesKeepsItsLease() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ended(ada)).id
      let lease = try #require(try await ada.beginRefresh(id, vault, force: false).lease)
      _ = try vault.sql(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE OF generation ON connection FOR EACH ROW EXECUTE FUNCTION refuse();
        UPDATE connection SET lease_until = clock_timestamp() + interval '1 second';
        """)
      let new = ada.tokens("new", refresh: "refresh-2")
      #expect(await code { try await commit(lease, id, new, vault) } == .internalError)
      #expect(try vault.sql("SELECT lease_until > clock_timestamp() + interval '20 seconds' FROM connection") == "t")
      #expect(try await ada.beginRefresh(id, vault, force: false).state == .inProgress)
      // Not for ever: an answer of a quarter of an hour ago is given up.
      _ = try vault.sql(
        """
        UPDATE refresh_attempt SET started_at = now() - interval '16 minutes';
        UPDATE connection SET lease_until = clock_timestamp() + interval '1 second';
        """)
      #expect(await code { try await commit(lease, id, new, vault) } == .internalError)
      #expect(try vault.sql("SELECT lease_until > clock_timestamp() + interval '20 seconds' FROM connection") == "f")
      _ = try vault.sql("DROP TRIGGER refuse ON connection")
      #expect(try await commit(lease, id, new, vault).state == .committed)
      #expect(try await ada.resolve(vault).accessToken?.text == "new")
    }
  }

  @Test func ofAHundredBeginsOneGetsTheLease() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ended(ada)).id
      let states = try await withThrowingTaskGroup(of: RefreshLease.State.self) { group in
        for _ in 0..<100 { group.addTask { try await ada.beginRefresh(id, vault, force: false).state } }
        return try await group.reduce(into: [RefreshLease.State]()) { $0.append($1) }
      }
      let leased = states.filter { $0 == .leased }.count
      print("figure: 100 concurrent refresh begins on one expired Connection: \(leased) leased")
      #expect(leased == 1)
      #expect(states.filter { $0 == .inProgress }.count == 99)
      #expect(try vault.sql("SELECT count(*) FROM refresh_attempt") == "1")
    }
  }

  @Test func aLateCommitIsSuperseded() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ended(ada)).id
      let first = try #require(try await ada.beginRefresh(id, vault).lease)
      #expect(try await ada.beginRefresh(id, vault).state == .inProgress)
      try letLeasesEnd(vault)
      let second = try #require(try await ada.beginRefresh(id, vault).lease)
      #expect(second.fence > first.fence)
      let late = try await commit(first, id, ada.tokens("late"), vault)
      #expect(late.state == .superseded)
      let timely = try await commit(second, id, ada.tokens("timely"), vault)
      #expect(timely.state == .committed)
      #expect(try await ada.resolve(vault).accessToken?.text == "timely")
      let evenLater = try await commit(first, id, ada.tokens("late"), vault)
      #expect(evenLater.state == .superseded)
      let states = try vault.sql("SELECT string_agg(state, ',' ORDER BY fence) FROM refresh_attempt")
      #expect(states == "superseded,committed")
    }
  }

  @Test func aCommitAfterTheLeaseButBeforeAnyoneElseCounts() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ended(ada)).id
      let lease = try #require(try await ada.beginRefresh(id, vault).lease)
      try letLeasesEnd(vault)
      #expect(try await commit(lease, id, ada.tokens("slow"), vault).state == .committed)
      #expect(try await ada.resolve(vault).accessToken?.text == "slow")
    }
  }

  @Test func aRefreshWithoutNewRefreshTokenKeepsTheOldOne() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ended(ada, refresh: "keep")).id
      let lease = try #require(try await ada.beginRefresh(id, vault).lease)
      _ = try await commit(lease, id, ada.tokens("new", refresh: nil), vault)
      #expect(try await ada.beginRefresh(id, vault).lease?.refreshToken?.text == "keep")
    }
  }

  @Test func everyoneElseWaitsAndGetsTheNewToken() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ended(ada)).id
      let lease = try #require(try await ada.beginRefresh(id, vault).lease)
      let tokens = try await withThrowingTaskGroup(of: String?.self) { group in
        for _ in 0..<50 {
          group.addTask { try await ada.resolve(vault, ResolveConnection(waitSeconds: 20)).accessToken?.text }
        }
        try await Task.sleep(for: .milliseconds(500))
        _ = try await self.commit(lease, id, ada.tokens("fresh"), vault)
        return try await group.reduce(into: [String?]()) { $0.append($1) }
      }
      print(
        "figure: 50 waiting resolves during one refresh: \(tokens.filter { $0 == "fresh" }.count) got the new token")
      #expect(tokens.allSatisfy { $0 == "fresh" })
    }
  }

  @Test func whoDoesNotWantToWaitHearsWhenToComeBack() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ended(ada)).id
      _ = try await ada.beginRefresh(id, vault)
      do {
        _ = try await ada.resolve(vault)
        Issue.record("the old token is over")
      } catch let error as ServiceError {
        #expect(error.code == .unavailable)
        #expect(error.retryAfter == 1)
      }
    }
  }

  @Test func duringARefreshAnOldTokenWithTimeLeftIsServed() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      // Within the margin (a fifth of its life), and long enough for a caller.
      let id = try await ada.connect(vault, tokens: ada.tokens("still-good", lifetime: 3_600)).id
      _ = try vault.sql(
        "UPDATE connection SET received_at = now() - interval '1 hour', expires_at = now() + interval '30 seconds'")
      #expect(try await ada.resolve(vault).outcome == .refreshRequired)
      _ = try await ada.beginRefresh(id, vault, force: false)
      #expect(try await ada.resolve(vault).accessToken?.text == "still-good")
    }
  }

  @Test func aPassingFailureKeepsTheConnection() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ada.tokens("alive")).id
      let lease = try #require(try await ada.beginRefresh(id, vault).lease)
      try await fail(lease, id, .transient, vault, reason: "http_503", retryAfter: 30)
      let answer = try await ada.resolve(vault)
      #expect(answer.outcome == .ready, "the token is served while it lives")
      #expect(answer.connection?.status == .degraded)
      #expect(answer.connection?.reason == "http_503")
      _ = try vault.sql("UPDATE connection SET expires_at = now() - interval '1 second'")
      do {
        _ = try await ada.resolve(vault)
        Issue.record("there is nothing to serve")
      } catch let error as ServiceError {
        #expect(error.code == .providerUnavailable)
        #expect((20...31).contains(try #require(error.retryAfter)))
      }
      _ = try vault.sql("UPDATE connection SET next_try_at = now()")
      let second = try #require(try await ada.beginRefresh(id, vault, force: false).lease)
      _ = try await commit(second, id, ada.tokens("back"), vault)
      #expect(try await ada.resolve(vault).connection?.status == .active)
    }
  }

  @Test func onlyARefusedRefreshTokenEndsAConnection() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ended(ada)).id
      for failure in [RefreshFailureClass.transient, .outcomeUnknown, .outcomeUnknown, .outcomeUnknown] {
        let lease = try #require(try await ada.beginRefresh(id, vault).lease)
        try await fail(lease, id, failure, vault)
        try letPausesEnd(vault)
      }
      let shown = try await vault.gateway.call(
        ConnectionEndpoints.show, Reference(id: id), grant: try ada.grant([.list], vault))
      #expect(shown.status == .degraded)
      let lease = try #require(try await ada.beginRefresh(id, vault).lease)
      try await fail(lease, id, .needsReauthorization, vault, reason: "invalid_grant")
      let answer = try await ada.resolve(vault)
      #expect(answer.outcome == .reauthorizationRequired)
      #expect(answer.connection?.reason == "invalid_grant")
      #expect(try await ada.beginRefresh(id, vault).state == .impossible)
      let again = try await ada.connect(vault, tokens: ada.tokens("after"))
      #expect(again.id == id)
      #expect(try await ada.resolve(vault).accessToken?.text == "after")
    }
  }

  @Test func anOutcomeUnknownIsRetriedAtOnceAndOnlyOnce() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ended(ada)).id
      let first = try #require(try await ada.beginRefresh(id, vault, force: false).lease)
      try await fail(first, id, .outcomeUnknown, vault)
      let second = try #require(try await ada.beginRefresh(id, vault, force: false).lease)
      try await fail(second, id, .outcomeUnknown, vault)
      #expect(try await ada.beginRefresh(id, vault, force: false).state == .notDue)
    }
  }

  @Test func aRefusalOfAnOldTokenIsHistory() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ended(ada)).id
      let slow = try #require(try await ada.beginRefresh(id, vault).lease)
      try letLeasesEnd(vault)
      let quick = try #require(try await ada.beginRefresh(id, vault).lease)
      _ = try await commit(quick, id, ada.tokens("new"), vault)
      try await fail(slow, id, .needsReauthorization, vault, reason: "invalid_grant")
      #expect(try await ada.resolve(vault).accessToken?.text == "new")
    }
  }

  @Test func aRefusedIntegrationWaitsForItsOwner() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.putSecret("wrong", vault)
      let id = try await ada.connect(vault, tokens: ended(ada)).id
      let lease = try #require(try await ada.beginRefresh(id, vault).lease)
      try await fail(lease, id, .configError, vault, reason: "invalid_client")
      #expect(await code { try await ada.resolve(vault) } == .integrationMisconfigured)
      _ = try await ada.putSecret("right", vault)
      #expect(try await ada.resolve(vault).outcome == .refreshRequired)
      #expect(try await ada.beginRefresh(id, vault).lease?.clientSecret?.text == "right")
    }
  }

  @Test func aConsentDuringARefreshWins() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ended(ada)).id
      let lease = try #require(try await ada.beginRefresh(id, vault).lease)
      #expect(try await ada.connect(vault, tokens: ada.tokens("consented")).id == id)
      #expect(try await commit(lease, id, ada.tokens("refreshed"), vault).state == .superseded)
      #expect(try await ada.resolve(vault).accessToken?.text == "consented")
    }
  }

  @Test func theJournalIsReplayedUnderTheSameConditions() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ended(ada)).id
      let lease = try #require(try await ada.beginRefresh(id, vault).lease).reference(id)
      let key = try JournalKeyPair.load(vault.storage.journalKey).publicKey
      let plaintext = Secret(Array(try WireJSON.encode(ada.tokens("journalled", refresh: "r2"))))
      let sealed = try JournalSeal.seal(plaintext, authenticating: Array(try WireJSON.encode(lease)), to: key)
      let entry = ReplayRefresh(lease: lease, sealedTokens: Data(sealed).base64EncodedString())
      var moved = entry
      moved.lease.fence += 1
      #expect(await code { try await vault.exchanger.call(RefreshEndpoints.replay, moved) } == .invalidRequest)
      #expect(try await vault.exchanger.call(RefreshEndpoints.replay, entry).state == .committed)
      #expect(try await vault.exchanger.call(RefreshEndpoints.replay, entry).state == .committed)
      #expect(try await ada.resolve(vault).accessToken?.text == "journalled")
    }
  }

  @Test func renewalByTheAccessTokenNeedsNoRefreshToken() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let tokens = ada.tokens("renew-me", refresh: nil, lifetime: -1, metadata: ["renewal": "accessToken"])
      let id = try await ada.connect(vault, tokens: tokens).id
      let lease = try #require(try await ada.beginRefresh(id, vault, force: false).lease)
      #expect(lease.accessToken?.text == "renew-me")
      #expect(lease.refreshToken == nil)
      #expect(lease.metadata == ["renewal": "accessToken"])
    }
  }

  @Test func unknownLeasesAreRefused() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ended(ada)).id
      let lease = try #require(try await ada.beginRefresh(id, vault).lease).reference(id)
      var otherOrganization = lease
      otherOrganization.organizationId = .random()
      var otherFence = lease
      otherFence.fence += 1
      var otherGeneration = lease
      otherGeneration.generation += 1
      for wrong in [otherOrganization, otherFence, otherGeneration] {
        let request = CommitRefresh(lease: wrong, tokens: ada.tokens("stolen"))
        #expect(await code { try await vault.exchanger.call(RefreshEndpoints.commit, request) } == .conflict)
        let failure = FailRefresh(lease: wrong, failure: .needsReauthorization, reason: "x")
        #expect(await code { try await vault.exchanger.call(RefreshEndpoints.fail, failure) } == .conflict)
      }
    }
  }
}
