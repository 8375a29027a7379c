import Foundation
import Model
import TestSupport

/// What the stub answers about access rules and the organization.
extension Neighbours {
  var ruleDraft: RuleDraft {
    RuleDraft(
      name: "No sales", effect: .deny, mode: .enforce, subjects: RuleSubjects(groups: ["sales"]),
      resources: RuleResources(), conditions: RuleConditions())
  }

  var rule: Rule { Rule(id: RuleID(rawValue: "rul_1"), draft: ruleDraft, createdAt: .now, updatedAt: .now) }

  var organization: OrganizationSettings {
    OrganizationSettings(id: organizationId, name: "Acme", defaultEffect: .allow)
  }

  private var nobody: Affected {
    Affected(
      members: Counted(count: 0, first: []), charms: Counted(count: 0, first: []),
      applications: Counted(count: 0, first: []), integrations: Counted(count: 0, first: []),
      mcpServers: Counted(count: 0, first: []), tools: Counted(count: 0, first: []),
      connections: Counted(count: 0, first: []))
  }

  func rules(_ path: String) throws -> StubService.Answer {
    switch path {
    case RuleEndpoints.list.path: try .json(Page(items: [rule]))
    case RuleEndpoints.create.path, RuleEndpoints.show.path, RuleEndpoints.replace.path: try .json(rule)
    case RuleEndpoints.delete.path: try .json(Empty())
    case RuleEndpoints.preview.path:
      try .json(RulePreview(members: 1, changes: [], isCut: false, affected: nil, replay: nil, nextCursor: nil))
    case ImpactEndpoints.show.path: try .json(Impact(affected: nobody, changes: [], isCut: false))
    case DecisionEndpoints.explain.path:
      try .json(ExplainedDecision(effect: .deny, decidingRule: "rul_1", reasons: ["No."], wouldChange: []))
    case ConfigurationEndpoints.show.path:
      try .json(
        OrganizationConfiguration(configuration: ConfigurationDocument(defaultEffect: .allow), version: "0f"))
    case ConfigurationEndpoints.apply.path: try .json(ConfigurationReport(dryRun: false, version: "0f"))
    case OrganizationEndpoints.show.path, OrganizationEndpoints.update.path: try .json(organization)
    default: try .problem(ServiceError(.notFound, "The stub has no answer for this path."))
    }
  }
}
