import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// Fresh tokens that are not stored are revoked at the provider, unless that would end the grant of a live Connection.
@Suite struct SharedGrantTests {
  private func elsewhere(_ person: Person) -> Person {
    var other = person
    other.scope = ConnectionScope(applicationType: .application, applicationId: "app-2", appId: "com.other")
    return other
  }

  /// A refresh that is under way while the Connection is revoked.
  private func supersededByRevocation(
    _ person: Person, account: String, _ vault: VaultUnderTest
  ) async throws -> (CommitRefresh, RefreshCommitment) {
    let id = try await person.connect(vault, account: account, tokens: person.tokens(lifetime: -1)).id
    let lease = try #require(try await person.beginRefresh(id, vault).lease)
    _ = try await vault.gateway.call(
      ConnectionEndpoints.revoke, Reference(id: id), grant: try person.grant([.revoke], vault))
    let request = CommitRefresh(lease: lease.reference(id), tokens: person.tokens("late"))
    return (request, try await vault.exchanger.call(RefreshEndpoints.commit, request))
  }

  /// What a completion is refused with.
  private func refusal(
    _ flow: FlowID, account: String, _ person: Person, _ vault: VaultUnderTest, grant: SignedGrant? = nil
  ) async throws -> ServiceError {
    do {
      let request = CompleteFlow(
        flowId: flow, tokens: person.tokens(), account: ProviderAccount(id: account, displayIdentifier: account))
      _ = try await vault.exchanger.call(
        FlowEndpoints.complete, request, grant: try grant ?? person.grant([.authorize], vault, flow: flow))
    } catch let error as ServiceError {
      return error
    }
    throw ServiceError(.internalError, "the flow was completed")
  }

  @Test func aCommitAfterTheRevocationSaysWhetherAnotherConnectionHoldsTheGrant() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let (_, alone) = try await supersededByRevocation(ada, account: "alone", vault)
      #expect(alone.state == .superseded)
      #expect(alone.sharesGrant == nil)
      _ = try await elsewhere(ada).connect(vault, account: "shared")
      let (request, shared) = try await supersededByRevocation(ada, account: "shared", vault)
      #expect(shared.state == .superseded)
      #expect(shared.sharesGrant == true)
      let again = try await vault.exchanger.call(RefreshEndpoints.commit, request)
      #expect(again.sharesGrant == true, "an answer that was lost on its way says the same")
    }
  }

  @Test func aCommitAfterANewConsentLeavesTheGrantAlone() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ada.tokens(lifetime: -1)).id
      let lease = try #require(try await ada.beginRefresh(id, vault).lease)
      _ = try await ada.connect(vault, tokens: ada.tokens("consented"))
      let late = try await vault.exchanger.call(
        RefreshEndpoints.commit, CommitRefresh(lease: lease.reference(id), tokens: ada.tokens("late")))
      #expect(late.state == .superseded)
      #expect(late.sharesGrant == true)
    }
  }

  @Test func theSameAccountAtAnotherIntegrationOrOrganizationIsAnotherGrant() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      var (otherIntegration, otherOrganization) = (ada, ada)
      otherIntegration.integration = .random()
      otherOrganization.organization = .random()
      _ = try await otherIntegration.connect(vault, account: "same")
      _ = try await otherOrganization.connect(vault, account: "same")
      let (_, commitment) = try await supersededByRevocation(ada, account: "same", vault)
      #expect(commitment.sharesGrant == nil)
    }
  }

  @Test func aRefusedCompletionSaysWhetherALiveConnectionHoldsTheGrant() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let right = try await ada.connect(vault, account: "right").id
      _ = try await elsewhere(ada).connect(vault, account: "known")
      let wrong = try await refusal(ada.released(vault, again: right), account: "known", ada, vault)
      #expect(wrong.code == .accessDenied)
      #expect(wrong.facts[FlowEndpoints.sharesGrant] == ["true"])
      let stranger = try await refusal(ada.released(vault, again: right), account: "stranger", ada, vault)
      #expect(stranger.code == .accessDenied)
      #expect(stranger.facts[FlowEndpoints.sharesGrant] == nil)

      for (account, expected) in [("known", ["true"]), ("stranger", nil)] {
        let flow = try await ada.released(vault)
        _ = try await vault.gateway.call(FlowEndpoints.cancel, Reference(id: flow), grant: try ada.watch(vault))
        let ended = try await refusal(flow, account: account, ada, vault)
        #expect(ended.code == .conflict)
        #expect(ended.facts[FlowEndpoints.sharesGrant] == expected)
      }
    }
  }

  @Test func aMadeUpAccountMayBeAnyOfThePersons() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let flow = try await ada.released(vault)
      _ = try await vault.gateway.call(FlowEndpoints.cancel, Reference(id: flow), grant: try ada.watch(vault))
      func facts() async -> [String: [String]] {
        do {
          _ = try await ada.complete(flow, account: "made-up", ada.tokens(), vault, isGenerated: true)
          Issue.record("the flow was completed")
        } catch {
          return (error as? ServiceError)?.facts ?? [:]
        }
        return [:]
      }
      #expect(await facts()[FlowEndpoints.sharesGrant] == nil)
      _ = try await ada.connect(vault, account: "made-up-before", isGenerated: true)
      #expect(await facts()[FlowEndpoints.sharesGrant] == ["true"])
    }
  }

  @Test func aGrantThatDoesNotFitTheFlowIsRefusedWithTheFact() throws {
    let now = Date()
    let grant = Grant(
      organizationId: .random(), userId: .random(), actor: Actor(kind: .member), purposes: [.authorize],
      integrationIds: [], scope: nil, presenters: [.exchanger], issuedAt: now, expiresAt: now + 1)
    let facts = [FlowEndpoints.sharesGrant: ["true"]]
    for answer in [GrantMismatch.Answer.grantRefused, .connectionNotFound, .flowNotFound] {
      let plain = GrantMismatch(reason: .otherFlow, grant: grant, answer: answer).serviceError
      let told = GrantMismatch(reason: .otherFlow, grant: grant, answer: answer, facts: facts).serviceError
      #expect(plain.facts.isEmpty)
      #expect(told.facts == facts)
      #expect(told.code == plain.code)
    }
  }

  @Test func authorizingAgainWithAMadeUpAccountKeepsWhatTheConnectionShows() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let first = try await ada.connect(vault, account: "made-up-1", isGenerated: true)
      let again = try await ada.connect(
        vault, account: "made-up-2", tokens: ada.tokens("after"), again: first.id, isGenerated: true)
      #expect(again.id == first.id)
      #expect(again.providerAccountId == "made-up-1")
      #expect(again.displayIdentifier == "made-up-1@example.com")
      #expect(again.displayName == "made-up-1")
      #expect(try await ada.resolve(vault).accessToken?.text == "after")
      #expect(try vault.sql("SELECT count(*) FROM connection") == "1")
    }
  }
}
