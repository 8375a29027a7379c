import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

@Suite("Change feed")
struct ChangeFeedTests {
  private func poll(_ policy: PolicyFixture, after: Int64?, wait: Int = 0) async throws -> ChangePage {
    try await policy.gateway.call(ChangeEndpoints.poll, ChangeQuery(after: after, waitSeconds: wait))
  }

  @Test func everyChangeThatOthersMustForgetIsInTheFeed() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let start = try await poll(policy, after: nil)
      #expect(start.changes.isEmpty)
      let integration = try await tenant.createIntegration()
      let session = try await tenant.createSession(CreateSession(user: .init(id: "alice")))
      _ = try await tenant.authorize(
        AccessRequest(integrationId: integration.id, application: .init(id: "app"), purposes: [.list]),
        as: Tenant.hash(session.token.secret))
      _ = try await tenant.session("alice", role: .admin)
      _ = try await policy.gateway.call(
        IntegrationEndpoints.update, OnBehalf(tenant.apiKey, Targeted(integration.id, UpdateIntegration(name: "n"))))
      _ = try await policy.gateway.call(
        ApplicationEndpoints.update,
        OnBehalf(tenant.apiKey, TargetedApplication(id: "app", update: UpdateApplication(state: .blocked))))
      _ = try await policy.gateway.call(
        SessionEndpoints.end, OnBehalf(tenant.apiKey, Reference<SessionKind>(id: session.id)))
      _ = try await policy.gateway.call(
        SessionEndpoints.removeUser, OnBehalf(tenant.apiKey, Reference<UserKind>(id: session.userId)))
      _ = try await policy.gateway.call(
        IntegrationEndpoints.delete,
        OnBehalf(tenant.apiKey, Targeted(integration.id, DeleteIntegration(revoke: true))))
      let page = try await poll(policy, after: start.last)
      #expect(page.complete)
      #expect(
        page.changes.map(\.kind) == [
          .integration, .user, .integration, .application, .credential, .user, .integration,
        ])
      #expect(
        page.changes.map(\.subject) == [
          integration.id.rawValue, session.userId.rawValue, integration.id.rawValue, "app", session.id.rawValue,
          session.userId.rawValue, integration.id.rawValue,
        ])
      #expect(page.changes.allSatisfy { $0.organizationId == tenant.id })
      #expect(page.changes.map(\.sequence) == Array((start.last + 1)...(start.last + 7)))
    }
  }

  @Test func aReaderThatKnowsTooMuchOrTooLittleIsToldSo() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      for _ in 0..<3 { _ = try await tenant.createIntegration() }
      let last = try await poll(policy, after: nil).last
      #expect(try await poll(policy, after: last + 1).complete == false)
      #expect(try await poll(policy, after: last).complete)
      try policy.database.superuser("DELETE FROM change WHERE sequence <= \(last - 1)")
      #expect(try await poll(policy, after: last - 2).complete == false)
      #expect(try await poll(policy, after: last - 1).changes.count == 1)
      #expect(await refusal { try await poll(policy, after: 0, wait: 26) } == .invalidRequest)
    }
  }

  @Test(.timeLimit(.minutes(3))) func aWaitingReaderIsWokenByAnotherReplica() async throws {
    let database = try await PolicyDatabase.make()
    let keys = try TestServiceKeys()
    try await PolicyFixture.with(database: database, keys: keys) { one in
      try await PolicyFixture.with(database: database, keys: keys) { two in
        let tenant = try await one.makeTenant()
        var times: [Duration] = []
        for _ in 0..<5 {
          let start = try await poll(two, after: nil).last
          async let waiting = poll(two, after: start, wait: 25)
          let begun = ContinuousClock.now
          _ = try await tenant.createIntegration()
          let page = try await waiting
          times.append(ContinuousClock.now - begun)
          #expect(page.changes.count == 1)
        }
        // The quickest: everything above it is the machine, which runs other tests at the same time.
        let quickest = try #require(times.min())
        #expect(quickest < .seconds(1))
        print("figure: a change of one replica reached a reader of another after \(quickest), the quickest of 5")
      }
    }
  }

  @Test(.timeLimit(.minutes(3))) func aStoppingServiceSendsItsReadersHome() async throws {
    try await PolicyFixture.with { policy in
      let start = try await poll(policy, after: nil).last
      let begun = ContinuousClock.now
      async let waiting = poll(policy, after: start, wait: 25)
      await policy.service.beginStop()
      let page = try? await waiting
      #expect(page?.changes.isEmpty ?? true)
      #expect(ContinuousClock.now - begun < .seconds(20), "it would have waited for 25 seconds")
    }
  }

  @Test(.timeLimit(.minutes(5))) func aThousandChangesFromTwoReplicasReachAReaderOnceAndInOrder() async throws {
    let total = 1_000
    let database = try await PolicyDatabase.make()
    let keys = try TestServiceKeys()
    try await PolicyFixture.with(database: database, keys: keys) { one in
      try await PolicyFixture.with(database: database, keys: keys) { two in
        var tenants: [Tenant] = []
        for number in 0..<10 { tenants.append(try await (number % 2 == 0 ? one : two).makeTenant("T\(number)")) }
        for tenant in tenants { _ = try await tenant.authorizeSomething() }
        let start = try await poll(one, after: nil).last
        async let read = readAll(one, after: start, count: total)
        let begun = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 0..<total {
            if number >= 32 { try await group.next() }
            let tenant = tenants[number % tenants.count]
            group.addTask {
              _ = try await tenant.policy.gateway.call(
                ApplicationEndpoints.update,
                OnBehalf(
                  tenant.apiKey,
                  TargetedApplication(
                    id: "app", update: UpdateApplication(state: number % 3 == 0 ? .pending : .allowed))))
            }
          }
          try await group.waitForAll()
        }
        let elapsed = ContinuousClock.now - begun
        let changes = try await read
        #expect(changes.map(\.sequence) == Array((start + 1)...(start + Int64(total))))
        #expect(Set(changes.map(\.organizationId)) == Set(tenants.map(\.id)))
        print(
          "figure: \(changes.count) of \(total) concurrent changes from 2 replicas read once and in order, \(elapsed)")
      }
    }
  }

  private func readAll(_ policy: PolicyFixture, after start: Int64, count: Int) async throws -> [Change] {
    var changes: [Change] = []
    var last = start
    while changes.count < count {
      let page = try await poll(policy, after: last, wait: 25)
      #expect(page.complete)
      changes += page.changes
      last = page.last
    }
    return changes
  }
}

extension Tenant {
  /// Lets the organization see one Application.
  fileprivate func authorizeSomething() async throws -> ErrorCode? {
    let session = try await session()
    return await refusal {
      try await authorize(
        AccessRequest(providerUrl: "https://github.com", application: .init(id: "app"), purposes: [.list]), as: session)
    }
  }
}
