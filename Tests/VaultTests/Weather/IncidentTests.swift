import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// One message to each organization that a provider's silence concerns.
@Suite struct IncidentTests {
  /// The provider's events so far, as soon as there are so many.
  private func events(_ count: Int, _ vault: VaultUnderTest) async throws -> [VaultEvent] {
    _ = try await comesTrue {
      try vault.sql("SELECT count(*) FROM event WHERE type LIKE 'provider.%'") == "\(count)"
    }
    _ = try vault.sql("UPDATE event SET due_at = now()")
    return try await vault.policy.call(VaultEventEndpoints.claim, Empty())
      .filter { [.providerUnavailable, .providerRecovered].contains($0.type) }
  }

  private func storm(_ vault: VaultUnderTest, place: String = "https://provider.example") throws {
    _ = try vault.sql(
      """
      INSERT INTO provider_weather (place, budget, state, since) VALUES ('\(place)', 0, 'storm', now())
      ON CONFLICT (place) DO UPDATE SET state = 'storm', since = now()
      """)
  }

  /// What the herald has told the organizations by now.
  private func isKnown(_ vault: VaultUnderTest) throws -> Bool {
    try vault.sql("SELECT count(*) FROM provider_weather WHERE incident_since IS NOT NULL") == "1"
  }

  @Test func eachOrganizationWithConnectionsHearsOfItOnceHoweverManyTheyAreAndOfItsEnd() async throws {
    try await VaultUnderTest.withTwo { one, two in
      let ada = Person()
      var grace = ada
      grace.user = .random()
      let linus = Person()
      let gone = Person()
      for person in [ada, grace, linus] { _ = try await person.connect(one) }
      let revoked = try await gone.connect(one).id
      _ = try await one.gateway.call(
        ConnectionEndpoints.revoke, Reference(id: revoked), grant: try gone.grant([.revoke], one))
      try storm(one)
      let told = try await events(2, one)
      #expect(told.map(\.type) == [.providerUnavailable, .providerUnavailable])
      #expect(Set(told.map(\.organizationId)) == [ada.organization, linus.organization])
      for event in told {
        #expect(event.data["provider"] == "sandbox")
        #expect(event.data["providerUrl"] == "https://provider.example")
        #expect(event.data["since"]?.isEmpty == false)
      }
      while try !isKnown(one) { try await Task.sleep(for: .milliseconds(20)) }

      // It answers, and falls silent again: still the same incident.
      _ = try one.sql("UPDATE provider_weather SET state = 'clearing', since = now()")
      try storm(two)
      _ = try one.sql("UPDATE provider_weather SET state = 'clearing', since = now() - interval '61 seconds'")
      let all = try await events(4, two)
      #expect(all.filter { $0.type == .providerRecovered }.count == 2)
      #expect(all.filter { $0.type == .providerUnavailable }.count == 2)
      #expect(Set(all.map(\.data["since"])).count == 1, "the end names the beginning")
      #expect(Set(all.map(\.id)).count == 4)
    }
  }

  @Test func anOrganizationsOwnProviderConcernsNobodyElse() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let linus = Person()
      for person in [ada, linus] { _ = try await person.connect(vault) }
      // As an account that is authorized again after its Integration has got another provider.
      _ = try vault.sql("UPDATE connection SET provider = 'custom'")
      try storm(vault, place: "\(ada.organization) https://provider.example")
      #expect(try await events(1, vault).map(\.organizationId) == [ada.organization])
    }
  }
}
