import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// Two vaults on one database, as in a deployment.
@Suite struct ReplicaTests {
  @Test func aRefreshAtOneReplicaServesThoseWhoWaitAtTheOther() async throws {
    try await VaultUnderTest.withTwo { one, two in
      let ada = Person()
      let id = try await ada.connect(one, tokens: ada.tokens("old", lifetime: -1)).id
      let leases = try await withThrowingTaskGroup(of: RefreshLease.self) { group in
        for number in 0..<100 {
          group.addTask { try await ada.beginRefresh(id, number % 2 == 0 ? one : two, force: false) }
        }
        return try await group.reduce(into: [RefreshLease]()) { $0.append($1) }
      }
      let leased = leases.compactMap(\.lease)
      print("figure: 100 concurrent refresh begins at 2 replicas: \(leased.count) leased")
      #expect(leased.count == 1)
      let lease = try #require(leased.first)
      let waiting = ResolveConnection(waitSeconds: 20)
      let tokens = try await withThrowingTaskGroup(of: String?.self) { group in
        for _ in 0..<20 { group.addTask { try await ada.resolve(two, waiting).accessToken?.text } }
        _ = try await one.exchanger.call(
          RefreshEndpoints.commit, CommitRefresh(lease: lease.reference(id), tokens: ada.tokens("fresh")))
        return try await group.reduce(into: [String?]()) { $0.append($1) }
      }
      #expect(tokens.allSatisfy { $0 == "fresh" })
    }
  }

  @Test func aFlowThatEndsAtOneReplicaWakesThoseWhoWaitAtTheOther() async throws {
    try await VaultUnderTest.withTwo { one, two in
      let ada = Person()
      let flow = try await ada.createFlow(one).id
      async let status = two.gateway.call(
        FlowEndpoints.status, FlowQuery(id: flow, waitSeconds: 20), grant: try ada.watch(two))
      _ = try await one.gateway.call(
        FlowEndpoints.cancel, Reference(id: flow), grant: try ada.watch(one))
      let ended = try await status
      #expect(ended.error?.code == .userCancelled)
    }
  }

  @Test func theFirstUseOfAnOrganizationMakesOneKey() async throws {
    try await VaultUnderTest.withTwo { one, two in
      let ada = Person()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<20 {
          group.addTask { _ = try await ada.putSecret("s\(number)", number % 2 == 0 ? one : two) }
        }
        try await group.waitForAll()
      }
      #expect(try one.sql("SELECT count(*) FROM organization_key") == "1")
      let released = try await two.exchanger.call(
        SecretEndpoints.releaseClientSecret, Reference(id: ada.integration), grant: try ada.grant([.verify], two))
      #expect(released.clientSecret != nil)
    }
  }

  @Test func aStoppingVaultSendsWaitersAway() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let flow = try await ada.createFlow(vault).id
      let start = ContinuousClock.now
      async let status = vault.gateway.call(
        FlowEndpoints.status, FlowQuery(id: flow, waitSeconds: 25), grant: try ada.watch(vault))
      // The request must be under way before the stop begins.
      try await Task.sleep(for: .milliseconds(500))
      await vault.service.beginStop()
      // One that did not come in time is not let in any more; none is kept waiting.
      let answer = try? await status
      #expect(answer.map(\.status) ?? .pending == .pending)
      #expect(start.duration(to: .now) < .seconds(20), "it would have waited for 25 seconds")
    }
  }
}
