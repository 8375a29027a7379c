import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// Two live client secrets of an Integration: which are given out, how long the older one lives, and what is told about them.
@Suite struct ClientSecretTests {
  private func put(_ text: String, _ person: Person, _ vault: VaultUnderTest, expiresAt: Date? = nil) async throws {
    _ = try await vault.policy.call(
      SecretEndpoints.put,
      PutSecret(
        kind: .clientSecret, ownerId: person.integration.rawValue, value: WireSecret(text), expiresAt: expiresAt),
      grant: try person.writeSecretGrant(vault))
  }

  private func released(_ person: Person, _ vault: VaultUnderTest) async throws -> ReleasedClientSecret {
    try await vault.exchanger.call(
      SecretEndpoints.releaseClientSecret, Reference(id: person.integration), grant: try person.grant([.verify], vault))
  }

  private func described(_ person: Person, _ vault: VaultUnderTest) async throws -> ClientDescription {
    try #require(
      try await vault.policy.call(
        SecretEndpoints.describeClients, DescribeClients(integrationIds: [person.integration]),
        grant: try person.administer(vault)
      ).first)
  }

  /// What the sweep would do when its time comes, now.
  private func sweep(_ person: Person, _ vault: VaultUnderTest) async throws -> String {
    _ = try vault.sql("UPDATE due_work SET due_at = now() - interval '1 second' WHERE kind = 'secretRetirement'")
    for _ in 0..<600 {
      // Looked at: gone, or put off.
      let left = try vault.sql(
        "SELECT count(*) FROM due_work WHERE kind = 'secretRetirement' AND due_at <= clock_timestamp()")
      if left == "0" { break }
      try await Task.sleep(for: .milliseconds(100))
    }
    return try vault.sql("SELECT string_agg(version::text, ',' ORDER BY version) FROM organization_secret")
  }

  @Test func everyReleaseHasTheTwoNewest() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      try await put("first", ada, vault)
      let alone = try await released(ada, vault)
      #expect(alone.secretVersions?.current == 1 && alone.secretVersions?.previous == nil)
      try await put("second", ada, vault)
      let both = try await released(ada, vault)
      #expect(both.clientSecret?.text == "second")
      #expect(both.secretVersions?.current == 2 && both.secretVersions?.previous?.version == 1)
      #expect(both.secretVersions?.previous?.value.text == "first")

      let id = try await ada.connect(vault, tokens: ada.tokens(lifetime: -1)).id
      let lease = try #require(try await ada.beginRefresh(id, vault).lease)
      #expect(lease.clientSecret?.text == "second" && lease.secretVersions?.previous?.value.text == "first")
    }
  }

  @Test func aThirdMakesTheOldestGo() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      for text in ["first", "second", "third"] { try await put(text, ada, vault) }
      #expect(try await released(ada, vault).secretVersions?.previous?.value.text == "second")
      let trail = try vault.sql(
        "SELECT details ->> 'version' || ' ' || (details ->> 'reason') FROM audit_entry WHERE action = 'secret.destroyed'"
      )
      #expect(trail == "1 replaced")
    }
  }

  @Test func aPreviousSecretPastItsEndIsNotGivenOutAndIsDestroyed() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      try await put("first", ada, vault, expiresAt: Date(timeIntervalSinceNow: 3_600))
      try await put("second", ada, vault)
      #expect(try await released(ada, vault).secretVersions?.previous?.value.text == "first")
      _ = try vault.sql("UPDATE organization_secret SET expires_at = now() WHERE version = 1")
      #expect(try await released(ada, vault).secretVersions?.previous == nil)
      #expect(try await sweep(ada, vault) == "2")
      let trail = try vault.sql("SELECT details ->> 'reason' FROM audit_entry WHERE action = 'secret.destroyed'")
      #expect(trail == "expired")
    }
  }

  @Test func anUnneededPreviousSecretIsDestroyedAfterItsWeekAndAnOnlyOneNever() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      try await put("first", ada, vault)
      try await put("second", ada, vault)
      #expect(try await sweep(ada, vault) == "1,2", "its week has only begun")
      _ = try vault.sql("UPDATE organization_secret SET created_at = now() - interval '8 days'")
      #expect(try await sweep(ada, vault) == "2")
      #expect(try vault.sql("SELECT count(*) FROM due_work WHERE kind = 'secretRetirement'") == "0")
      #expect(try await released(ada, vault).clientSecret?.text == "second")
    }
  }

  @Test func aRefreshThatNeededTheOlderOneKeepsItAndTellsTheOwnerOnce() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      try await put("old", ada, vault)
      try await put("new", ada, vault)
      _ = try vault.sql("UPDATE organization_secret SET created_at = now() - interval '8 days'")
      let id = try await ada.connect(vault, tokens: ada.tokens(lifetime: -1)).id
      for number in 1...2 {
        let lease = try #require(try await ada.beginRefresh(id, vault).lease)
        _ = try await vault.exchanger.call(
          RefreshEndpoints.commit,
          CommitRefresh(
            lease: lease.reference(id), tokens: ada.tokens("new-\(number)", lifetime: -1),
            secrets: ClientSecretVerdict(accepted: 1, refused: [2])))
      }
      #expect(try vault.sql("SELECT string_agg(type, ',') FROM event") == "integration.secret.refused")
      let problem = try #require(try await described(ada, vault).problem)
      #expect(problem.kind == .currentSecretRefused && problem.reason == "invalid_client")
      #expect(try await sweep(ada, vault) == "1,2", "the one that is needed stays")

      let lease = try #require(try await ada.beginRefresh(id, vault).lease)
      _ = try await vault.exchanger.call(
        RefreshEndpoints.commit,
        CommitRefresh(
          lease: lease.reference(id), tokens: ada.tokens(), secrets: ClientSecretVerdict(accepted: 2)))
      let after = try await described(ada, vault)
      #expect(after.problem == nil && after.secrets.map(\.state) == [.current, .previous])
      #expect(after.secrets.allSatisfy { $0.lastUsedAt != nil && $0.refusedSince == nil })
    }
  }

  @Test(
    arguments: [
      (0.0, nil, false, nil, "lookAgain 100"), (-101.0, nil, false, nil, "unneeded"),
      (-101.0, -50.0, false, nil, "lookAgain 50"), (-101.0, -101.0, true, nil, "lookAgain 3600"),
      (-101.0, nil, true, 10.0, "lookAgain 10"), (0.0, nil, false, -1.0, "expired"),
      (0.0, nil, false, 30.0, "lookAgain 30"),
    ] as [(Double, Double?, Bool, Double?, String)])
  func theEndOfAPreviousSecretFollowsFromWhatIsKnown(
    currentAge: Double, used: Double?, isRefused: Bool, expires: Double?, expected: String
  ) {
    let now = Date(timeIntervalSince1970: 1_000_000)
    func at(_ seconds: Double?) -> Date? { seconds.map { now.addingTimeInterval($0) } }
    let decision = SecretRetirement.decide(
      current: .init(version: 2, createdAt: now.addingTimeInterval(currentAge), lastUsedAt: nil, isRefused: isRefused),
      previous: .init(
        version: 1, createdAt: .distantPast, lastUsedAt: at(used), isRefused: false, expiresAt: at(expires)),
      now: now, keptSeconds: 100)
    let word =
      switch decision {
      case .destroy(let reason): reason.rawValue
      case .lookAgain(let date): "lookAgain \(Int(date.timeIntervalSince(now)))"
      }
    #expect(word == expected)
  }
}
