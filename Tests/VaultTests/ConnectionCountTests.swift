import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// How many Connections a change would be about.
@Suite struct ConnectionCountTests {
  @Test func connectionsOfAnyOfTheKindsCountOnce() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      var bob = ada
      bob.user = .random()
      var other = ada
      other.integration = .random()
      var stranger = ada
      stranger.organization = .random()
      let mine = try await ada.connect(vault, account: "a", tokens: ada.tokens(scopes: ["mail.read", "mail.send"])).id
      let his = try await bob.connect(vault, account: "b", tokens: bob.tokens(scopes: ["mail.read"])).id
      let elsewhere = try await other.connect(vault, account: "c").id
      _ = try await stranger.connect(vault, account: "d")
      let gone = try await ada.connect(vault, account: "e").id
      _ = try await vault.gateway.call(
        ConnectionEndpoints.revoke, Reference(id: gone), grant: try ada.grant([.revoke], vault))
      typealias Kind = CountConnections.Kind
      let questions: [([Kind], Set<ConnectionID>)] = [
        ([], []), ([Kind()], [mine, his, elsewhere]), ([Kind(integrationId: ada.integration)], [mine, his]),
        ([Kind(userIds: [bob.user], integrationId: ada.integration)], [his]), ([Kind(userIds: [])], []),
        ([Kind(integrationId: ada.integration), Kind(userIds: [ada.user])], [mine, his, elsewhere]),
        ([Kind(applicationType: .mcpServer)], []), ([Kind(applicationType: .application)], [mine, his, elsewhere]),
        ([Kind(applicationType: .application, applicationId: "app-2")], []),
        ([Kind(integrationId: ada.integration, scopesBeyond: ["mail.read"])], [mine]),
        ([Kind(integrationId: ada.integration, scopesAmong: ["mail.send", "x"])], [mine]),
        ([Kind(scopesAmong: [])], []),
      ]
      for (kinds, expected) in questions {
        let found = try await vault.policy.call(
          ConnectionEndpoints.count, CountConnections(kinds: kinds), grant: try ada.administer(vault))
        #expect(found.count == expected.count && Set(found.first) == expected, "\(kinds)")
        #expect(found.first.map(\.rawValue) == found.first.map(\.rawValue).sorted())
      }
    }
  }

  @Test func theFirstAreNamedAndTheOthersCounted() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.connect(vault)
      let more = Counted<ConnectionID>.maximumListed
      _ = try vault.sql(
        """
        INSERT INTO connection SELECT (c).* FROM (SELECT jsonb_populate_record(connection, jsonb_build_object(
        'id', 'con_' || n, 'provider_account_id', n::text, 'is_default', false)) AS c
        FROM connection, generate_series(1, \(more)) n) many
        """)
      let found = try await vault.policy.call(
        ConnectionEndpoints.count, CountConnections(kinds: [.init()]), grant: try ada.administer(vault))
      #expect(found.count == more + 1 && found.first.count == more)
    }
  }

  @Test func onlyThePolicyServiceAsksAndNotTooMuchAtOnce() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let administer = try ada.administer(vault)
      for grant in [try ada.grant([.list], vault), try ada.grant([.release], vault)] {
        #expect(await refusal(0, grant, vault.policy) == .grantRefused)
      }
      #expect(await refusal(0, administer, vault.gateway) == .forbidden)
      #expect(await refusal(CountConnections.maximumKinds + 1, administer, vault.policy) == .invalidRequest)
      #expect(await refusal(CountConnections.maximumKinds, administer, vault.policy) == nil)
    }
  }

  private func refusal(_ kinds: Int, _ grant: SignedGrant, _ caller: PeerClient) async -> ErrorCode? {
    let question = CountConnections(kinds: Array(repeating: .init(), count: kinds))
    return await code { try await caller.call(ConnectionEndpoints.count, question, grant: grant) }
  }
}
