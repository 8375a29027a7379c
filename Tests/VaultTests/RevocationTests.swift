import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

@Suite struct RevocationTests {
  private func revoke(
    _ id: ConnectionID, _ person: Person, _ vault: VaultUnderTest
  ) async throws -> StartedRevocation {
    try await vault.gateway.call(
      ConnectionEndpoints.revoke, Reference(id: id), grant: try person.grant([.revoke], vault))
  }

  private func claim(_ vault: VaultUnderTest, limit: Int = 10, wait: Int = 0) async throws -> [RevocationTask] {
    try await vault.exchanger.call(
      RevocationEndpoints.claim, ClaimRevocations(limit: limit, waitSeconds: wait))
  }

  private func finish(
    _ task: RevocationTask, _ state: RevocationReport.State, _ vault: VaultUnderTest, fence: Int64? = nil
  ) async throws {
    _ = try await vault.exchanger.call(
      RevocationEndpoints.finish,
      ReportRevocation(
        organizationId: task.organizationId, connectionId: task.connectionId, fence: fence ?? task.fence,
        state: state, reason: state == .pending ? "http_503" : nil, retryAfter: nil))
  }

  private func report(
    _ id: RevocationID, _ person: Person, _ vault: VaultUnderTest
  ) async throws -> RevocationReport {
    try await vault.gateway.call(
      RevocationEndpoints.report, RevocationQuery(id: id), grant: try person.grant([.revoke], vault))
  }

  @Test func aRevokedConnectionIsGoneAtOnceAndToldToTheProvider() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.putSecret("client-secret", vault)
      let connection = try await ada.connect(vault, tokens: ada.tokens("a-token", refresh: "r-token"))
      let id = connection.id
      let started = try await revoke(id, ada, vault)
      #expect(try await revoke(id, ada, vault).id == started.id, "asked again: the same job")
      #expect(try await ada.resolve(vault).outcome == .none)
      #expect(
        await code { try await ada.resolve(vault, ResolveConnection(connectionId: id, waitSeconds: 0)) }
          == .connectionNotFound)
      #expect(await code { try await ada.beginRefresh(id, vault) } == .connectionNotFound)
      #expect(try await report(started.id, ada, vault).counted == ["pending": 1])

      let tasks = try await claim(vault)
      #expect(tasks.map(\.refreshToken?.text) == ["r-token"])
      #expect(tasks.map(\.accessToken?.text) == ["a-token"])
      #expect(tasks.map(\.clientSecret?.text) == ["client-secret"])
      #expect(tasks.map(\.providerAccountId) == ["ada"])
      #expect(try await claim(vault).isEmpty, "a claim belongs to one")
      try await finish(tasks[0], .revoked, vault, fence: tasks[0].fence - 1)
      #expect(try await report(started.id, ada, vault).counted == ["pending": 1], "an older claim changes nothing")
      try await finish(tasks[0], .revoked, vault)
      let done = try await report(started.id, ada, vault)
      #expect(done.items.map(\.state) == [.revoked])
      #expect(done.items.first?.finishedAt != nil)
      let kept = try vault.sql(
        """
        SELECT (SELECT count(*) FROM connection WHERE sealed_tokens IS NOT NULL)
          + (SELECT count(*) FROM revocation_task WHERE sealed_tokens IS NOT NULL) + (SELECT count(*) FROM due_work
            WHERE kind = 'revocation')
        """)
      #expect(kept == "0", "the tokens are erased once the provider was told")
    }
  }

  @Test func aRefreshUnderWayIsFencedOff() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ada.tokens(lifetime: -1)).id
      let lease = try #require(try await ada.beginRefresh(id, vault).lease)
      _ = try await revoke(id, ada, vault)
      let commitment = try await vault.exchanger.call(
        RefreshEndpoints.commit, CommitRefresh(lease: lease.reference(id), tokens: ada.tokens("late")))
      #expect(commitment.state == .superseded)
    }
  }

  @Test func aPostponedTaskComesBack() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault).id
      let started = try await revoke(id, ada, vault)
      let first = try #require(try await claim(vault).first)
      try await finish(first, .pending, vault)
      let pending = try await report(started.id, ada, vault)
      #expect(pending.items.map(\.reason) == ["http_503"])
      let second = try #require(try await claim(vault, wait: 25).first)
      #expect(second.attempts == 2)
      #expect(second.fence > first.fence)
      _ = try vault.sql("UPDATE revocation_task SET created_at = now() - interval '25 hours'")
      try await finish(second, .pending, vault)
      #expect(
        try await report(started.id, ada, vault).counted == ["failed": 1], "after a day the honest state is failed")
    }
  }

  @Test func aClaimWaitsForWork() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault).id
      async let waiting = claim(vault, wait: 20)
      try await Task.sleep(for: .milliseconds(300))
      let start = ContinuousClock.now
      _ = try await revoke(id, ada, vault)
      #expect(try await waiting.map(\.connectionId) == [id])
      #expect(start.duration(to: .now) < .seconds(19), "the revocation woke the caller")
    }
  }

  @Test func aSharedGrantIsKeptUntilTheLastOneGoes() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      var elsewhere = ada
      elsewhere.scope = ConnectionScope(applicationType: .application, applicationId: "app-2", appId: "com.other")
      let first = try await ada.connect(vault, account: "same").id
      let second = try await elsewhere.connect(vault, account: "same").id
      let kept = try await revoke(first, ada, vault)
      #expect(try await report(kept.id, ada, vault).counted == ["sharedGrantKept": 1])
      #expect(try await claim(vault).isEmpty)
      #expect(try await elsewhere.resolve(vault).outcome == .ready)
      let last = try await revoke(second, elsewhere, vault)
      #expect(try await report(last.id, elsewhere, vault).counted == ["pending": 1])
      // The person connects the same account again before the provider was told: telling it now would end the new grant.
      _ = try await ada.connect(vault, account: "same")
      #expect(try await claim(vault).isEmpty)
      #expect(try await report(last.id, elsewhere, vault).counted == ["sharedGrantKept": 1])
    }
  }

  @Test func twoRevocationsOfASharedGrantAtOnceTellTheProviderOnce() async throws {
    try await VaultUnderTest.with { vault in
      for round in 0..<10 {
        let ada = Person()
        var elsewhere = ada
        elsewhere.scope = ConnectionScope(applicationType: .application, applicationId: "app-2", appId: "com.other")
        let first = try await ada.connect(vault, account: "shared-\(round)").id
        let second = try await elsewhere.connect(vault, account: "shared-\(round)").id
        async let one = revoke(first, ada, vault)
        async let two = revoke(second, elsewhere, vault)
        _ = try await (one, two)
      }
      #expect(try vault.sql("SELECT count(*) FROM revocation_task WHERE state = 'pending'") == "10")
    }
  }

  @Test func aUsersConnectionsAndPendingFlowsEndTogether() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      var bob = ada
      bob.user = .random()
      for account in ["one", "two", "three"] { _ = try await ada.connect(vault, account: account) }
      _ = try await bob.connect(vault)
      let flow = try await ada.createFlow(vault).id
      let started = try await vault.policy.call(
        RevocationEndpoints.create, CreateRevocation(userId: ada.user), grant: try ada.administer(vault))
      let report = try await vault.gateway.call(
        RevocationEndpoints.report, RevocationQuery(id: started.id, page: PageRequest(limit: 2)),
        grant: try ada.administer(vault))
      #expect(report.counted == ["pending": 3])
      #expect(report.items.count == 2)
      #expect(report.nextCursor != nil)
      #expect(try await ada.resolve(vault).outcome == .none)
      #expect(try await bob.resolve(vault).outcome == .ready)
      #expect(
        try await vault.gateway.call(FlowEndpoints.facts, Reference(id: flow)).status.error?.code == .accessDenied)
    }
  }

  @Test func selectionsAreExactlyOne() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      var requests = [CreateRevocation(), CreateRevocation(all: false)]
      requests.append(CreateRevocation(userId: ada.user, integrationId: ada.integration))
      for request in requests {
        #expect(
          await code {
            try await vault.gateway.call(RevocationEndpoints.create, request, grant: try ada.administer(vault))
          } == .invalidRequest)
      }
      for request in [
        CreateRevocation(integrationId: ada.integration), CreateRevocation(mcpServerId: .random()),
        CreateRevocation(all: true),
      ] {
        #expect(
          await code {
            try await vault.gateway.call(RevocationEndpoints.create, request, grant: try ada.administer(vault))
          } == nil)
      }
    }
  }

  @Test(arguments: ["first", "last"]) func oneBadRecordDoesNotHoldUpTheOthers(place: String) async throws {
    try await VaultUnderTest.with { vault in
      var people = [Person(), Person(), Person(), Person()]
      let organization = people[0].organization
      for index in people.indices { people[index].organization = organization }
      var revocations: [RevocationID] = []
      var ids: [ConnectionID] = []
      for person in people {
        _ = try await person.putSecret("secret", vault)
        ids.append(try await person.connect(vault).id)
      }
      for (id, person) in zip(ids, people) { revocations.append(try await revoke(id, person, vault).id) }
      let spoiled = place == "first" ? [0, 1, 2] : [1, 2, 3]
      let healthy = place == "first" ? 3 : 0
      // A client secret and tokens that do not open, and a record that cannot even be read.
      _ = try vault.sql(
        """
        UPDATE organization_secret SET sealed_value = set_byte(sealed_value, length(sealed_value) - 1,
          get_byte(sealed_value, length(sealed_value) - 1) # 1)
        WHERE owner_id = '\(people[spoiled[0]].integration)';
        UPDATE revocation_task SET sealed_tokens = set_byte(sealed_tokens, length(sealed_tokens) - 1,
          get_byte(sealed_tokens, length(sealed_tokens) - 1) # 1) WHERE connection_id = '\(ids[spoiled[1]])';
        UPDATE revocation_task SET metadata = '[]' WHERE connection_id = '\(ids[spoiled[2]])';
        """)
      #expect(try await claim(vault).map(\.connectionId) == [ids[healthy]])
      let (lostSecret, lostTokens) = (spoiled[0], spoiled[1])
      let secret = try await report(revocations[lostSecret], people[lostSecret], vault)
      #expect(secret.items.map(\.state) == [.failed])
      #expect(secret.items.map(\.reason) == ["client_secret_does_not_open"])
      let tokens = try await report(revocations[lostTokens], people[lostTokens], vault)
      #expect(tokens.items.map(\.reason) == ["record_does_not_open"])
      // What is not understood stays, but out of the way of what is due.
      #expect(try await report(revocations[spoiled[2]], people[spoiled[2]], vault).counted == ["pending": 1])
      let due = try vault.sql("SELECT count(*) FROM due_work WHERE kind = 'revocation' AND due_at <= now()")
      #expect(due == "0")
      #expect(vault.log.text.contains("revocation task could not be claimed"))
    }
  }

  @Test func theRateOfClaimsIsBounded() async throws {
    try await VaultUnderTest.with(["LANYARD_REVOCATION_PER_SECOND": "2"]) { vault in
      let ada = Person()
      for account in 0..<6 { _ = try await ada.connect(vault, account: "a\(account)") }
      _ = try await vault.gateway.call(
        RevocationEndpoints.create, CreateRevocation(all: true), grant: try ada.administer(vault))
      #expect(try await claim(vault).count <= 3)
    }
  }
}
