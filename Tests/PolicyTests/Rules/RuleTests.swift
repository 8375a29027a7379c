import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

/// Rules as owners write them: stored, changed, told apart by organization.
@Suite("Rules")
struct RuleTests {
  @Test func aRuleIsStoredChangedListedAndDeleted() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer()
      let draft = RuleDraft(
        name: "Reads only", effect: .deny, subjects: RuleSubjects(groups: ["sales"]),
        resources: RuleResources(mcpServers: [server.id], annotations: [.destructive]))
      let made = try await tenant.createRule(draft)
      #expect(made.draft == draft)
      #expect(try await tenant.showRule(made.id).draft == draft)
      var changed = draft
      changed.mode = .shadow
      #expect(try await tenant.replaceRule(made.id, changed).draft.mode == .shadow)
      #expect(try await tenant.showRule(made.id).createdAt == made.createdAt)
      try await tenant.createRule(RuleDraft(name: "Second", effect: .allow))
      let page = try await tenant.rules(PageRequest(limit: 1))
      #expect(page.items.map(\.draft.name) == ["Second"] && page.nextCursor != nil)
      try await tenant.deleteRule(made.id)
      #expect(await refusal { try await tenant.showRule(made.id) } == .notFound)
      #expect(await refusal { try await tenant.deleteRule(made.id) } == .notFound)
      #expect(await refusal { try await tenant.replaceRule(made.id, draft) } == .notFound)
      let rows = try policy.database.superuser(
        "SELECT action, details ->> 'name', details ->> 'mode' FROM audit_entry WHERE target_kind = 'rule' ORDER BY seq"
      )
      #expect(
        rows.split(separator: "\n") == [
          "rule.created|Reads only|enforce", "rule.changed|Reads only|shadow", "rule.created|Second|enforce",
          "rule.deleted|Reads only|shadow",
        ])
      #expect(
        try policy.database.superuser(
          "SELECT count(*) FROM change WHERE kind = 'organization' AND subject LIKE 'rul_%'") == "4\n")
    }
  }

  @Test func idsOfAnotherOrganizationAreNamed() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let other = try await policy.makeTenant("Other")
      let (own, foreign) = (try await tenant.createServer(), try await other.createServer())
      let integration = try await other.createIntegration()
      let answer = await problem {
        try await tenant.createRule(
          RuleDraft(
            name: "Wrong", effect: .deny, subjects: RuleSubjects(users: [UserID.random()]),
            resources: RuleResources(integrations: [integration.id], mcpServers: [own.id, foreign.id])))
      }
      #expect(answer?.code == .invalidRequest)
      #expect(answer?.fields == ["/subjects/users/0", "/resources/integrations/0", "/resources/mcpServers/1"])
      let theirs = try await other.createRule(RuleDraft(name: "Theirs", effect: .deny))
      #expect(await refusal { try await tenant.showRule(theirs.id) } == .notFound)
      #expect(
        await refusal { try await tenant.replaceRule(theirs.id, RuleDraft(name: "x", effect: .allow)) } == .notFound)
      #expect(await refusal { try await tenant.deleteRule(theirs.id) } == .notFound)
      #expect(try await other.showRule(theirs.id).draft.name == "Theirs")
      let member = try await tenant.session()
      #expect(try await tenant.access(own.id, as: member).servers[0].decision.effect == .allow)
      #expect(
        try await other.access(foreign.id, as: other.session()).servers[0].decision.decidingRule == theirs.id.rawValue)
    }
  }

  @Test func onlyOwnersAndAdminsWriteRules() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let draft = RuleDraft(name: "Mine", effect: .allow)
      for credential in [try await tenant.session(), try await tenant.session("root", role: .owner, charmId: "charm")] {
        #expect(await refusal { try await tenant.createRule(draft, as: credential) } == .forbidden)
        #expect(
          await refusal {
            try await policy.gateway.call(
              OrganizationEndpoints.update, OnBehalf(credential, UpdateOrganization(defaultEffect: .deny)))
          } == .forbidden)
      }
      try await tenant.createRule(draft, as: tenant.session("admin", role: .admin))
      #expect(try await tenant.rules().items.count == 1)
    }
  }

  @Test func thereAreOnlySoManyEntries() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let groups = (0..<RuleLimits.entries).map { "group-\($0)" }
      let draft = RuleDraft(name: "Long", effect: .deny, subjects: RuleSubjects(groups: groups))
      for _ in 0..<(RuleLimits.entriesOfAllRules / RuleLimits.entries) { try await tenant.createRule(draft) }
      #expect(await refusal { try await tenant.createRule(draft) } == .conflict)
      try await tenant.createRule(RuleDraft(name: "Short", effect: .deny, subjects: RuleSubjects()))
    }
  }
}
