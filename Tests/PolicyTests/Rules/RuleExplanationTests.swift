import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

/// What decisions say about themselves, and what a change would mean.
@Suite("Explanations and previews")
struct RuleExplanationTests {
  private func userId(_ tenant: Tenant, _ session: CredentialHash) async throws -> UserID {
    let caller = try await tenant.policy.gateway.call(SessionEndpoints.verify, OnBehalf(session, Empty()))
    return try #require(caller.user?.id)
  }

  @Test func aRefusalNamesItsRuleAndWhatWouldChangeIt() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer(allowedTools: ["search"])
      try await tenant.store([Tenant.definition("search"), Tenant.definition("erase")], of: server.id)
      let session = try await tenant.session()
      let user = try await userId(tenant, session)
      func explain(_ tool: String, charm: String? = nil) async throws -> ExplainedDecision {
        try await tenant.explain(
          DecisionQuestion(
            subject: .init(userId: user, charmId: charm), resource: .init(mcpServerId: server.id, tool: tool)))
      }
      #expect(try await explain("search").decidingRule == "organization-default")
      let rule = try await tenant.createRule(
        RuleDraft(
          name: "No search", effect: .deny, resources: RuleResources(tools: ["search"].compactMap(GlobPattern.init))))
      let refused = try await explain("search")
      #expect(refused.effect == .deny && refused.decidingRule == rule.id.rawValue)
      #expect(refused.reasons.first?.contains("No search") == true)
      #expect(refused.wouldChange.contains { $0.contains("No search") })
      let ceiling = try await explain("erase")
      #expect(ceiling.decidingRule == "server-ceiling" && ceiling.wouldChange.first?.contains("allowedTools") == true)
      let charm = try await explain("search", charm: "stranger")
      #expect(charm.decidingRule == "charm-server" && charm.wouldChange.isEmpty, "the rule refuses it too")
    }
  }

  @Test func membersAskAboutThemselvesOnly() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let other = try await policy.makeTenant("Other")
      let server = try await tenant.createServer()
      let (alice, bob) = (try await tenant.session(), try await tenant.session("bob"))
      let stranger = try await userId(other, other.session())
      func question(_ user: UserID) -> DecisionQuestion {
        DecisionQuestion(subject: .init(userId: user), resource: .init(mcpServerId: server.id))
      }
      let user = try await userId(tenant, alice)
      #expect(try await tenant.explain(question(user), as: alice).effect == .allow)
      #expect(await refusal { try await tenant.explain(question(user), as: bob) } == .forbidden)
      #expect(await refusal { try await tenant.explain(question(stranger)) } == .notFound)
      #expect(await refusal { try await tenant.explain(question(stranger), as: other.apiKey) } == .notFound)
      let charm = try await tenant.session(charmId: "charm")
      #expect(await refusal { try await tenant.explain(question(user), as: charm) } == .forbidden)
      for bad in [
        DecisionQuestion(subject: .init(userId: user), resource: .init()),
        DecisionQuestion(subject: .init(userId: user), resource: .init(mcpServerId: server.id, scopes: ["a"])),
        DecisionQuestion(subject: .init(userId: user), resource: .init(mcpServerId: server.id), arguments: [:]),
      ] {
        #expect(await refusal { try await tenant.explain(bad) } == .invalidRequest)
      }
    }
  }

  /// Changes that are previewed and then made. Each asks about every member, server, tool and Integration.
  private static let changes = 200
  /// A cursor that leaves nobody out, so that recorded uses are not asked again each time.
  private static let beforeEveryone = "usr_" + String(repeating: "2", count: 26)

  @Test func aPreviewEqualsWhatThenHappens() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let world = try await PreviewWorld(tenant)
      var random = SystemRandomNumberGenerator()
      var kept: [RuleID] = []
      var differing = 0
      var changed = 0
      var before = try await world.seen()
      for _ in 0..<Self.changes {
        let draft = world.draft(using: &random)
        let removed = kept.count > 4 ? [kept.removeFirst()] : []
        let preview = try await tenant.preview(
          RulePreviewRequest(rules: RuleDraftList([draft]), remove: removed, cursor: Self.beforeEveryone))
        for id in removed { try await tenant.deleteRule(id) }
        kept.append(try await tenant.createRule(draft).id)
        let after = try await world.seen()
        let expected = Set(after.keys.filter { before[$0] != after[$0] }.map { "\($0): \(after[$0] == true)" })
        let told = Set(
          preview.changes.filter { $0.before == .refused || $0.after == .refused }
            .map { "\(PreviewWorld.key($0)): \($0.after != .refused)" })
        changed += expected.count
        differing += expected.symmetricDifference(told).count
        before = after
      }
      print("figure: \(Self.changes) previews, \(changed) changes of access, \(differing) not as foretold")
      #expect(differing == 0)
      #expect(changed > 0)
    }
  }

  @Test func recordedUsesAreAskedAgain() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer()
      let integration = try await tenant.createIntegration()
      let session = try await tenant.session()
      _ = try await tenant.access(server.id, as: session)
      _ = try await tenant.authorize(Tenant.wish(integration.id), as: session)
      let draft = RuleDraft(
        name: "Closed", effect: .deny, resources: RuleResources(mcpServers: [server.id]))
      let replay = try #require(
        try await tenant.preview(RulePreviewRequest(rules: RuleDraftList([draft]))).replay)
      #expect(replay.looked == 2 && replay.refused == 1 && !replay.isCut)
      #expect(replay.changes.map(\.mcpServerId) == [server.id])
      #expect(replay.changes.map(\.after) == [.refused])
      let foreign = RuleDraft(
        name: "Foreign", effect: .deny, resources: RuleResources(mcpServers: [MCPServerID.random()]))
      let answer = await problem {
        try await tenant.preview(RulePreviewRequest(rules: RuleDraftList([draft, foreign])))
      }
      #expect(answer?.fields == ["/rules/1/resources/mcpServers/0"])
      #expect(try await tenant.rules().items.isEmpty, "a preview changes nothing")
    }
  }
}
