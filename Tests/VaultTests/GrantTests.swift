import Foundation
import Model
import ServiceKit
import ServiceTokens
import TestSupport
import Testing

@testable import VaultKit

/// Every refusal of a grant that does not agree with the record, the call or the caller.
@Suite struct GrantTests {
  /// A change of a grant that makes it wrong, with what it is about.
  private struct Variant {
    var name: String
    var change: @Sendable (inout Grant) -> Void
  }

  private static let variants: [Variant] = [
    Variant(name: "organization") { $0.organizationId = .random() },
    Variant(name: "user") { $0.userId = .random() },
    Variant(name: "no user") { $0.userId = nil },
    Variant(name: "other Integration") { $0.integrationIds = [.random()] },
    Variant(name: "no Integration") { $0.integrationIds = [] },
    Variant(name: "application") { $0.scope?.applicationId = "app-2" },
    Variant(name: "appId") { $0.scope?.appId = "com.thief" },
    Variant(name: "type") { $0.scope?.applicationType = .mcpServer },
    Variant(name: "purpose") { $0.purposes = [.verify] },
    Variant(name: "no purpose") { $0.purposes = [] },
    Variant(name: "presenter") { $0.presenters = [.policy] },
    Variant(name: "no presenter") { $0.presenters = [] },
    Variant(name: "expired") {
      $0.issuedAt = Date(timeIntervalSinceNow: -60)
      $0.expiresAt = Date(timeIntervalSinceNow: -30)
    },
    Variant(name: "future") {
      $0.issuedAt = Date(timeIntervalSinceNow: 30)
      $0.expiresAt = Date(timeIntervalSinceNow: 60)
    },
    Variant(name: "too long") { $0.expiresAt = $0.issuedAt + 61 },
  ]

  private static let refusals: Set<ErrorCode> = [.grantRefused, .connectionNotFound, .flowNotFound, .notFound]

  private func grant(_ purposes: Set<Grant.Purpose>, _ person: Person, flow: FlowID? = nil) -> Grant {
    let now = Date()
    return Grant(
      organizationId: person.organization, userId: person.user, actor: Actor(kind: .application, id: "app-1"),
      purposes: purposes, integrationIds: [person.integration], scope: person.scope, flowId: flow,
      presenters: [.gateway, .exchanger, .policy], issuedAt: now, expiresAt: now + 30)
  }

  /// One guarded call: what it needs, and how it is made.
  private struct GuardedCall {
    var name: String
    var purposes: Set<Grant.Purpose>
    var flow: FlowID?
    var isPolicyCall = false
    /// Fields that this call does not hold against a record; for them the answer may be empty, never a secret.
    var ignores: Set<String> = []
    var make: @Sendable (SignedGrant) async throws -> Bool
  }

  @Test func mismatchedGrantsAreRefusedInEveryField() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ada.tokens("guarded")).id
      let expired = try await ada.connect(vault, account: "expired", tokens: ada.tokens(lifetime: -1)).id
      let flow = try await ada.createFlow(vault).id
      let claimed = try await ada.createFlow(vault).id
      let claim = try await ada.begin(claimed, vault)
      _ = try await vault.exchanger.call(FlowEndpoints.claimAuthorization, claim)
      let exact = ResolveConnection(connectionId: id, waitSeconds: 0)
      let calls = [
        GuardedCall(name: "resolve", purposes: [.release]) {
          try await vault.gateway.call(ConnectionEndpoints.resolve, exact, grant: $0).accessToken != nil
        },
        GuardedCall(name: "begin refresh", purposes: [.release]) {
          try await vault.exchanger.call(
            RefreshEndpoints.begin, BeginRefresh(connectionId: expired, force: true), grant: $0
          ).lease != nil
        },
        GuardedCall(name: "show", purposes: [.list]) {
          try await vault.gateway.call(ConnectionEndpoints.show, Reference(id: id), grant: $0).id == id
        },
        GuardedCall(name: "uses", purposes: [.list]) {
          try await !vault.gateway.call(ConnectionEndpoints.uses, Targeted(id, PageRequest()), grant: $0).items.isEmpty
        },
        GuardedCall(name: "change", purposes: [.manage]) {
          try await vault.gateway.call(ConnectionEndpoints.change, Targeted(id, .makeDefault), grant: $0).isDefault
        },
        GuardedCall(name: "status", purposes: [.watch], ignores: ["other Integration", "no Integration"]) {
          try await vault.gateway.call(FlowEndpoints.status, FlowQuery(id: flow, waitSeconds: 0), grant: $0).status
            == .pending
        },
        GuardedCall(name: "release", purposes: [.authorize], flow: claimed) {
          _ = try await vault.exchanger.call(
            FlowEndpoints.releaseAuthorization, Reference(id: claimed), grant: $0)
          return true
        },
        GuardedCall(name: "revoke", purposes: [.revoke]) {
          _ = try await vault.gateway.call(ConnectionEndpoints.revoke, Reference(id: id), grant: $0)
          return true
        },
      ]
      var refused = 0
      var leaked: [String] = []
      for call in calls {
        for variant in Self.variants where !call.ignores.contains(variant.name) {
          var wrong = grant(call.purposes, ada, flow: call.flow)
          variant.change(&wrong)
          await count("\(call.name), \(variant.name)", wrong, call.make, vault, &refused, &leaked)
        }
      }
      // A flow's grant is bound to that flow.
      for wrongFlow in [flow, nil, FlowID.random()] {
        let wrong = grant([.authorize], ada, flow: wrongFlow)
        await count("release, flow", wrong, calls[6].make, vault, &refused, &leaked)
      }
      print("figure: \(refused) mismatched, expired or misdirected grants refused, \(leaked.count) let through")
      #expect(leaked.isEmpty)
      #expect(refused >= 100)
      // The right grants still work: the variants were refused for what is wrong in them.
      for call in calls {
        let right = try vault.keys.grantSigner.sign(grant(call.purposes, ada, flow: call.flow))
        #expect(try await call.make(right), "\(call.name)")
      }
      let rows = try #require(
        Int(try vault.sql("SELECT count(*) FROM audit_entry WHERE action = 'grant.refused'")))
      #expect(rows > 0)
      #expect(rows < refused, "a flood of refusals is not a flood of rows")
    }
  }

  private func count(
    _ name: String, _ wrong: Grant, _ make: (SignedGrant) async throws -> Bool, _ vault: VaultUnderTest,
    _ refused: inout Int, _ leaked: inout [String]
  ) async {
    do {
      let signed = try vault.keys.grantSigner.sign(wrong)
      if try await make(signed) { leaked.append(name) } else { leaked.append("\(name): empty answer") }
    } catch let error as ServiceError {
      if Self.refusals.contains(error.code) { refused += 1 } else { leaked.append("\(name): \(error.code)") }
    } catch {
      // The signer itself refuses to sign a grant that lives too long.
      refused += 1
    }
  }

  @Test func aMissingForgedOrBorrowedGrantIsRefused() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.connect(vault)
      let request = ResolveConnection(waitSeconds: 0)
      #expect(await code { try await vault.gateway.call(ConnectionEndpoints.resolve, request) } == .grantRefused)
      let forged = try TestServiceKeys().grantSigner.sign(grant([.release], ada))
      #expect(
        await code { try await vault.gateway.call(ConnectionEndpoints.resolve, request, grant: forged) }
          == .grantRefused)
      let right = try vault.keys.grantSigner.sign(grant([.release], ada))
      let text = right.token.text
      for position in stride(from: 0, to: text.count, by: max(text.count / 40, 1)) {
        var characters = Array(text)
        characters[position] = characters[position] == "A" ? "B" : "A"
        let tampered = SignedGrant(token: WireSecret(String(characters)), expiresAt: right.expiresAt)
        #expect(
          await code { try await vault.gateway.call(ConnectionEndpoints.resolve, request, grant: tampered) }
            == .grantRefused)
      }
    }
  }

  @Test func eachServiceMayMakeItsOwnCallsOnly() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let release = try ada.grant([.release], vault)
      let request = ResolveConnection(waitSeconds: 0)
      for stranger in [vault.exchanger, vault.policy] {
        #expect(
          await code { try await stranger.call(ConnectionEndpoints.resolve, request, grant: release) } == .forbidden)
      }
      let claim = ClaimRevocations(limit: 1, waitSeconds: 0)
      for stranger in [vault.gateway, vault.policy] {
        #expect(await code { try await stranger.call(RevocationEndpoints.claim, claim) } == .forbidden)
        #expect(
          await code {
            try await stranger.call(RefreshEndpoints.claim, ClaimRefreshes(limit: 1, waitSeconds: 0))
          } == .forbidden)
      }
    }
  }

  @Test func aReleaseGrantWithoutScopeOrIntegrationsReachesNothing() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.connect(vault)
      let wideReaches: [([IntegrationID]?, ConnectionScope?)] = [(nil, ada.scope), ([ada.integration], nil)]
      for (integrations, scope) in wideReaches {
        let wide = try vault.keys.grant(
          organizationId: ada.organization, userId: ada.user, purposes: [.release], integrationIds: integrations,
          scope: scope)
        #expect(
          await code {
            try await vault.gateway.call(ConnectionEndpoints.resolve, ResolveConnection(waitSeconds: 0), grant: wide)
          } == .grantRefused)
      }
    }
  }

  @Test func anotherPersonsListIsRefused() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.connect(vault)
      let others = ListConnections(userId: .random())
      #expect(
        await code {
          try await vault.gateway.call(ConnectionEndpoints.list, others, grant: try ada.grant([.list], vault))
        } == .grantRefused)
      let seen = try await vault.gateway.call(
        ConnectionEndpoints.list, ListConnections(userId: ada.user), grant: try ada.administer(vault))
      #expect(seen.items.count == 1)
    }
  }
}
