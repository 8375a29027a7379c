import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

@Suite struct FlowTests {
  @Test func aFlowEndsWithAConnection() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.putSecret("client-secret", vault)
      let flow = try await ada.createFlow(vault)
      #expect(flow.status.status == .pending)
      let facts = try await vault.exchanger.call(FlowEndpoints.facts, Reference(id: flow.id))
      #expect(facts.userId == ada.user)
      #expect(facts.request.integrationId == ada.integration)
      let claim = try await ada.begin(flow.id, vault, verifier: "the-verifier")
      let claimed = try await vault.exchanger.call(FlowEndpoints.claimAuthorization, claim)
      #expect(claimed.id == flow.id)
      let released = try await vault.exchanger.call(
        FlowEndpoints.releaseAuthorization, Reference(id: flow.id),
        grant: try ada.grant([.authorize], vault, flow: flow.id))
      #expect(released.transaction.codeVerifier?.text == "the-verifier")
      #expect(released.clientSecret?.text == "client-secret")
      let connection = try await ada.complete(flow.id, account: "ada", ada.tokens(), vault)
      #expect(connection.status == .active)
      #expect(connection.applicationName == "Example")
      let status = try await vault.gateway.call(
        FlowEndpoints.status, FlowQuery(id: flow.id, waitSeconds: 0), grant: try ada.watch(vault))
      #expect(status.status == .completed)
      #expect(status.connectionId == connection.id)
    }
  }

  @Test func ofFiftyClaimsOneWins() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let flow = try await ada.createFlow(vault)
      let claim = try await ada.begin(flow.id, vault)
      let codes = await withTaskGroup(of: ErrorCode?.self) { group in
        for _ in 0..<50 {
          group.addTask {
            await code { try await vault.exchanger.call(FlowEndpoints.claimAuthorization, claim) }
          }
        }
        return await group.reduce(into: [ErrorCode?]()) { $0.append($1) }
      }
      let won = codes.filter { $0 == nil }.count
      print("figure: 50 concurrent claims of one state: \(won) won")
      #expect(won == 1)
      #expect(codes.filter { $0 == .invalidState }.count == 49)
    }
  }

  @Test func anotherBrowserClaimsNothingAndSpoilsNothing() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let flow = try await ada.createFlow(vault)
      let claim = try await ada.begin(flow.id, vault)
      let thief = ClaimAuthorization(stateHash: claim.stateHash, browserHash: hash("other browser"))
      let guess = ClaimAuthorization(stateHash: hash("guess"), browserHash: claim.browserHash)
      for wrong in [thief, guess] {
        #expect(
          await code { try await vault.exchanger.call(FlowEndpoints.claimAuthorization, wrong) } == .invalidState)
      }
      for stranger in [
        FlowPerson(organizationId: ada.organization, userId: .random()),
        FlowPerson(organizationId: .random(), userId: ada.user),
      ] {
        var elsewhere = claim
        elsewhere.person = stranger
        #expect(
          await code { try await vault.exchanger.call(FlowEndpoints.claimAuthorization, elsewhere) } == .forbidden)
      }
      var own = claim
      own.person = FlowPerson(organizationId: ada.organization, userId: ada.user)
      #expect(await code { try await vault.exchanger.call(FlowEndpoints.claimAuthorization, own) } == nil)
    }
  }

  @Test func pressingContinueAgainReplacesTheTrip() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let flow = try await ada.createFlow(vault)
      let first = try await ada.begin(flow.id, vault, verifier: "first")
      let second = try await ada.begin(flow.id, vault, verifier: "second")
      #expect(await code { try await vault.exchanger.call(FlowEndpoints.claimAuthorization, first) } == .invalidState)
      _ = try await vault.exchanger.call(FlowEndpoints.claimAuthorization, second)
      let grant = try ada.grant([.authorize], vault, flow: flow.id)
      let released = try await vault.exchanger.call(
        FlowEndpoints.releaseAuthorization, Reference(id: flow.id), grant: grant)
      #expect(released.transaction.codeVerifier?.text == "second")
      #expect(await code { try await ada.begin(flow.id, vault) } == .conflict, "the person has come back already")
    }
  }

  @Test func theVerifierIsReleasedOnceAndOnlyAfterTheClaim() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let flow = try await ada.createFlow(vault).id
      let claim = try await ada.begin(flow, vault)
      let release: @Sendable () async throws -> ReleasedAuthorization = {
        try await vault.exchanger.call(
          FlowEndpoints.releaseAuthorization, Reference(id: flow), grant: try ada.grant([.authorize], vault, flow: flow)
        )
      }
      #expect(await code(of: release) == .conflict)
      #expect(await code { try await ada.complete(flow, account: "a", ada.tokens(), vault) } == .conflict)
      _ = try await vault.exchanger.call(FlowEndpoints.claimAuthorization, claim)
      #expect(await code(of: release) == nil)
      #expect(await code(of: release) == .conflict)
      #expect(try vault.sql("SELECT sealed_transaction IS NULL FROM flow") == "t")
    }
  }

  @Test func consentForTheSameAccountKeepsTheConnection() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let first = try await ada.connect(vault, tokens: ada.tokens("old", refresh: "keep-me"))
      let again = try await ada.connect(vault, tokens: ada.tokens("new", refresh: nil))
      #expect(again.id == first.id)
      #expect(try await ada.resolve(vault).accessToken?.text == "new")
      let lease = try await ada.beginRefresh(first.id, vault)
      #expect(lease.lease?.refreshToken?.text == "keep-me", "a refresh token that came at the first consent only stays")
    }
  }

  @Test func authorizingAgainRefusesAnotherAccount() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let connection = try await ada.connect(vault, account: "right", tokens: ada.tokens("before"))
      #expect(
        await code { try await ada.connect(vault, account: "wrong", again: connection.id) } == .accessDenied)
      #expect(try await ada.resolve(vault).accessToken?.text == "before")
      #expect(try vault.sql("SELECT count(*) FROM connection") == "1")
      let failed = try vault.sql("SELECT id FROM flow WHERE failure_code = 'access_denied'")
      let failure = try await vault.gateway.call(
        FlowEndpoints.facts, Reference(id: FlowID(rawValue: failed))
      ).status.error
      #expect(failure?.reason == .wrongAccount)
      #expect(failure?.message.contains("right@example.com") == true, "it says which account was expected")
      #expect(failure?.message.contains("wrong@example.com") == false)
      let same = try await ada.connect(vault, account: "right", tokens: ada.tokens("after"), again: connection.id)
      #expect(same.id == connection.id)
      #expect(try await ada.resolve(vault).accessToken?.text == "after")
    }
  }

  @Test func concurrentConsentsForOneAccountMakeOneConnection() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let ids = try await withThrowingTaskGroup(of: ConnectionID.self) { group in
        for _ in 0..<10 { group.addTask { try await ada.connect(vault).id } }
        return try await group.reduce(into: Set<ConnectionID>()) { $0.insert($1) }
      }
      #expect(ids.count == 1)
      #expect(try vault.sql("SELECT count(*) FROM connection") == "1")
    }
  }

  @Test func aWaitingStatusAnswersWhenTheFlowEnds() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let flow = try await ada.createFlow(vault).id
      let start = ContinuousClock.now
      async let status = vault.gateway.call(
        FlowEndpoints.status, FlowQuery(id: flow, waitSeconds: 20), grant: try ada.watch(vault))
      try await Task.sleep(for: .milliseconds(300))
      _ = try await vault.gateway.call(
        FlowEndpoints.cancel, Reference(id: flow), grant: try ada.watch(vault))
      let ended = try await status
      #expect(ended.status == .failed)
      #expect(ended.error?.code == .userCancelled)
      #expect(start.duration(to: .now) < .seconds(19), "the end of the flow woke the caller")
    }
  }

  @Test(arguments: Grant.Purpose.allCases) func flowsAreFollowedByTheirOwnPersonUnderOnePurpose(
    purpose: Grant.Purpose
  ) async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let flow = try await ada.createFlow(vault).id
      let query = FlowQuery(id: flow, waitSeconds: 0)
      let grant = try ada.grant([purpose], vault)
      let expected: ErrorCode? = purpose == .watch ? nil : .grantRefused
      #expect(await code { try await vault.gateway.call(FlowEndpoints.status, query, grant: grant) } == expected)
      #expect(
        await code { try await vault.gateway.call(FlowEndpoints.cancel, Reference(id: flow), grant: grant) }
          == expected)
    }
  }

  @Test func watchingOpensNothingElse() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault).id
      let flow = try await ada.createFlow(vault).id
      let grant = try ada.grant([.watch], vault)
      #expect(
        await code {
          try await vault.gateway.call(ConnectionEndpoints.resolve, ResolveConnection(waitSeconds: 0), grant: grant)
        } == .grantRefused)
      #expect(
        await code { try await vault.gateway.call(ConnectionEndpoints.show, Reference(id: id), grant: grant) }
          == .grantRefused)
      #expect(
        await code { try await vault.gateway.call(FlowEndpoints.create, ada.flowRequest(), grant: grant) }
          == .grantRefused)
      var (otherUser, otherOrganization) = (ada, ada)
      otherUser.user = .random()
      otherOrganization.organization = .random()
      for stranger in [otherUser, otherOrganization] {
        let strange = try stranger.watch(vault)
        let query = FlowQuery(id: flow, waitSeconds: 0)
        #expect(
          await code { try await vault.gateway.call(FlowEndpoints.status, query, grant: strange) } == .flowNotFound)
        #expect(
          await code { try await vault.gateway.call(FlowEndpoints.cancel, Reference(id: flow), grant: strange) }
            == .flowNotFound)
      }
      let own = try await vault.gateway.call(
        FlowEndpoints.status, FlowQuery(id: flow, waitSeconds: 0), grant: try ada.watch(vault))
      #expect(own.status == .pending, "strangers changed nothing")
    }
  }

  @Test func theFirstEndOfAFlowStands() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let flow = try await ada.createFlow(vault).id
      let failure = FlowStatus.Failure(code: .providerUnavailable, message: "The provider does not answer.")
      let failed = try await vault.exchanger.call(FlowEndpoints.fail, FailFlow(flowId: flow, failure: failure))
      #expect(failed.error?.code == .providerUnavailable)
      let cancelled = try await vault.gateway.call(
        FlowEndpoints.cancel, Reference(id: flow), grant: try ada.watch(vault))
      #expect(cancelled.error?.code == .providerUnavailable)
      #expect(await code { try await ada.begin(flow, vault) } == .conflict)
    }
  }

  @Test func anExpiredFlowIsOverAndErased() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let flow = try await ada.createFlow(vault).id
      let claim = try await ada.begin(flow, vault)
      _ = try vault.sql(
        """
        UPDATE flow SET expires_at = clock_timestamp() + interval '1 second';
        UPDATE due_work SET due_at = flow.expires_at FROM flow WHERE record_id = flow.id AND kind = 'flowExpiry';
        """)
      let status = try await vault.gateway.call(
        FlowEndpoints.status, FlowQuery(id: flow, waitSeconds: 5), grant: try ada.watch(vault))
      #expect(status.error?.code == .flowExpired)
      #expect(await code { try await vault.exchanger.call(FlowEndpoints.claimAuthorization, claim) } == .invalidState)
      #expect(await code { try await ada.begin(flow, vault) } == .flowExpired)
      let isErased = try await comesTrue {
        try vault.sql("SELECT status = 'failed' AND sealed_transaction IS NULL FROM flow") == "t"
      }
      #expect(isErased, "the sweeper erases the transaction")
    }
  }

  @Test func unknownFlowsAreNotFound() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let unknown = FlowID.random()
      #expect(
        await code { try await vault.gateway.call(FlowEndpoints.facts, Reference(id: unknown)) } == .flowNotFound)
      #expect(await code { try await ada.begin(unknown, vault) } == .flowNotFound)
      let claim = ClaimAuthorization(stateHash: "not a hash", browserHash: hash("b"))
      #expect(
        await code { try await vault.exchanger.call(FlowEndpoints.claimAuthorization, claim) } == .invalidRequest)
    }
  }
}
