import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

/// What rules decide about Connections, servers and tools.
@Suite("Decisions by rules")
struct RuleDecisionTests {
  private func denied(_ name: String = "No", resources: RuleResources = RuleResources()) -> RuleDraft {
    RuleDraft(name: name, effect: .deny, resources: resources)
  }

  @Test func aRefusedIntegrationIsLeftOutAndTheOthersStay() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let (first, second) = (try await tenant.createIntegration(), try await tenant.createIntegration())
      let rule = try await tenant.createRule(denied(resources: RuleResources(integrations: [second.id])))
      let session = try await tenant.session()
      let application = ApplicationDescription(id: "app-1")
      let byProvider = AccessRequest(
        providerUrl: first.providerUrl, application: application, purposes: [.release, .list, .connect])
      #expect(try await tenant.authorize(byProvider, as: session).integrations.map(\.id) == [first.id])
      let answer = await problem { try await tenant.authorize(Tenant.wish(second.id), as: session) }
      #expect(answer?.code == .policyDenied)
      #expect(answer?.detail.contains(rule.id.rawValue) == true, "the reason names the rule")
      let byConnection = AccessRequest(application: application, purposes: [.release, .list])
      let grant = try await tenant.authorize(byConnection, as: session).grant
      #expect(try policy.open(grant, presentedBy: .gateway).integrationIds == [first.id])
      // Whoever wants to end what they allowed is never kept from it.
      let revoking = AccessRequest(application: application, purposes: [.revoke])
      #expect(try await tenant.authorize(revoking, as: session).integrations.count == 2)
    }
  }

  @Test func aChangeDecidesTheNextQuestion() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let integration = try await tenant.createIntegration()
      let session = try await tenant.session()
      for _ in 0..<5 {
        let rule = try await tenant.createRule(denied(resources: RuleResources(scopes: ["repo"])))
        #expect(await refusal { try await tenant.authorize(Tenant.wish(integration.id), as: session) } == .policyDenied)
        let asked = Tenant.wish(integration.id, scopes: ["gist"])
        #expect(try await tenant.authorize(asked, as: session).integrations.map(\.id) == [integration.id])
        try await tenant.deleteRule(rule.id)
        #expect(try await tenant.authorize(Tenant.wish(integration.id), as: session).decision.effect == .allow)
      }
    }
  }

  @Test func silenceMeansWhatTheOrganizationSays() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let integration = try await tenant.createIntegration()
      let server = try await tenant.createServer()
      try await tenant.store([Tenant.definition("search"), Tenant.definition("erase")], of: server.id)
      let session = try await tenant.session()
      try await tenant.setDefault(.deny)
      #expect(await refusal { try await tenant.authorize(Tenant.wish(integration.id), as: session) } == .policyDenied)
      #expect(try await tenant.access(as: session).servers.isEmpty)
      #expect(try await tenant.descriptors(as: session).isEmpty)
      let patterns = ["sea*"].compactMap(GlobPattern.init)
      let rule = try await tenant.createRule(
        RuleDraft(
          name: "Search", effect: .allow, resources: RuleResources(mcpServers: [server.id], tools: patterns)))
      let access = try await tenant.access(server.id, as: session).servers[0]
      #expect(access.decision.effect == .allow)
      #expect(access.catalogue.map(\.name) == ["search"])
      #expect(!access.tools.needsDecision("search"))
      #expect(access.tools.judge("erase").decidingRule == "organization-default")
      #expect(try await tenant.descriptors(as: session).map(\.id) == [server.id])
      #expect(try await tenant.decide("search", of: server.id, as: session).decidingRule == rule.id.rawValue)
      #expect(try await tenant.decide("erase", of: server.id, as: session).effect == .deny)
    }
  }

  @Test func toolsAreRefusedAllowedOrAskedAbout() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer()
      try await tenant.store(
        [
          Tenant.definition("read", hints: #""readOnlyHint":true"#),
          Tenant.definition("drop", hints: #""readOnlyHint":false,"destructiveHint":true"#),
          Tenant.definition("send", hints: #""readOnlyHint":false,"destructiveHint":false"#),
        ], of: server.id)
      let destructive = try await tenant.createRule(denied(resources: RuleResources(annotations: [.destructive])))
      let pointer = try #require(JSONPointer("/to"))
      let outside = try await tenant.createRule(
        RuleDraft(
          name: "Inside only", effect: .deny, resources: RuleResources(tools: ["send"].compactMap(GlobPattern.init)),
          conditions: RuleConditions(
            arguments: [ArgumentCondition(pointer: pointer, test: .notEquals("a@example.com"))])))
      let session = try await tenant.session()
      for access in [
        try await tenant.access(server.id, as: session).servers[0], try await tenant.access(as: session).servers[0],
      ] {
        #expect(access.tools.judge("drop").decidingRule == destructive.id.rawValue)
        #expect(["read", "send"].allSatisfy { access.tools.allows($0) })
        #expect(["read", "send", "unseen"].map(access.tools.needsDecision) == [false, true, true])
      }
      let answers: [(JSONValue?, Decision.Effect)] = [
        (["to": "a@example.com"], .allow), (["to": "b@example.org"], .deny), ([:], .deny), (nil, .deny),
      ]
      for (arguments, effect) in answers {
        let decision = try await tenant.decide("send", of: server.id, arguments, as: session)
        #expect(decision.effect == effect)
        if effect == .deny { #expect(decision.decidingRule == outside.id.rawValue) }
      }
      #expect(try await tenant.decide("drop", of: server.id, as: session).decidingRule == destructive.id.rawValue)
      let dump = try policy.database.dump()
      #expect(!dump.contains("b@example.org"), "arguments are never recorded")
      #expect(!policy.log.text.contains("b@example.org"))
    }
  }

  @Test func aRateHoldsForCallsAtTheSameTime() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer()
      try await tenant.store([Tenant.definition("send")], of: server.id)
      // Within a day, so that the window does not end while the test runs.
      let rule = try await tenant.createRule(
        RuleDraft(
          name: "Five a day", effect: .deny, conditions: RuleConditions(rate: .init(calls: 5, perSeconds: 86_400))))
      let session = try await tenant.session()
      #expect(try await tenant.access(server.id, as: session).servers[0].tools.needsDecision("send"))
      let decisions = try await withThrowingTaskGroup(of: Decision.self) { group in
        for _ in 0..<20 { group.addTask { try await tenant.decide("send", of: server.id, as: session) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(decisions.count { $0.effect == .allow } == 5)
      #expect(decisions.filter { $0.effect == .deny }.allSatisfy { $0.decidingRule == rule.id.rawValue })
      #expect(try policy.database.superuser("SELECT calls FROM rule_use") == "5\n", "what is refused does not count")
      let other = try await tenant.session("bob")
      #expect(try await tenant.decide("send", of: server.id, as: other).effect == .allow)
    }
  }

  @Test func anApplicationThatIsHandedNoToken() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let integration = try await tenant.createIntegration()
      let server = try await tenant.createServer()
      let session = try await tenant.session()
      _ = try await tenant.authorize(Tenant.wish(integration.id), as: session)
      let update = UpdateApplication(tokenRelease: .gatewayOnly)
      let changed = try await policy.gateway.call(
        ApplicationEndpoints.update, OnBehalf(tenant.apiKey, TargetedApplication(id: "app-1", update: update)))
      #expect(changed.tokenRelease == .gatewayOnly && changed.state == .allowed)
      let answer = await problem { try await tenant.authorize(Tenant.wish(integration.id), as: session) }
      #expect(answer?.code == .policyDenied && answer?.detail.contains("tokenRelease") == true)
      let listing = Tenant.wish(integration.id, purposes: [.list])
      #expect(try await tenant.authorize(listing, as: session).decision.effect == .allow)
      let application = ApplicationDescription(id: "app-1")
      let access = try await tenant.access(server.id, application: application, as: session).servers[0]
      #expect(access.decision.effect == .allow, "the gateway still works for it")
      let question = DecisionQuestion(
        subject: .init(userId: try await userId(tenant, session), application: application),
        resource: .init(integrationId: integration.id))
      let explained = try await tenant.explain(question)
      #expect(explained.effect == .deny && explained.decidingRule == "token-release")
      #expect(explained.wouldChange.count == 1)
    }
  }

  private func userId(_ tenant: Tenant, _ session: CredentialHash) async throws -> UserID {
    let caller = try await tenant.policy.gateway.call(SessionEndpoints.verify, OnBehalf(session, Empty()))
    return try #require(caller.user?.id)
  }
}
