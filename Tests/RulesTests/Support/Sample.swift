import Foundation
import Model
import Rules

/// Short words for rules and questions, so that a case fits on a line.
enum Sample {
  static let organization = OrganizationID(rawValue: "org_1")
  static let user = UserID(rawValue: "usr_1")
  static let integration = IntegrationID(rawValue: "int_1")
  static let server = MCPServerID(rawValue: "mcp_1")
  /// Friday, 2 January 2026, 03:04:05 UTC.
  static let now = Date(timeIntervalSince1970: 1_767_323_045)

  static func rule(
    _ effect: Decision.Effect, mode: RuleDraft.Mode = .enforce, _ subjects: RuleSubjects = RuleSubjects(),
    _ resources: RuleResources = RuleResources(), _ conditions: RuleConditions = RuleConditions()
  ) -> RuleDraft {
    RuleDraft(
      name: "a rule", effect: effect, mode: mode, subjects: subjects, resources: resources, conditions: conditions)
  }

  static func on(
    _ integrations: [IntegrationID]? = nil, servers: [MCPServerID]? = nil, tools: [String]? = nil,
    annotations: [RuleResources.Annotation]? = nil, scopes: [String]? = nil
  ) -> RuleResources {
    RuleResources(
      integrations: integrations, mcpServers: servers, tools: tools?.map(glob),
      annotations: annotations, scopes: scopes)
  }

  static func argument(_ pointer: String, _ test: ArgumentCondition.Test) -> RuleConditions {
    RuleConditions(arguments: [condition(pointer, test)])
  }

  static func condition(_ pointer: String, _ test: ArgumentCondition.Test) -> ArgumentCondition {
    ArgumentCondition(pointer: JSONPointer(pointer) ?? .root, test: test)
  }

  static func pattern(_ text: String) -> ArgumentCondition.Test { .pattern(glob(text)) }

  static func glob(_ text: String) -> GlobPattern {
    guard let pattern = GlobPattern(rawValue: text) else { preconditionFailure("\(text) is no pattern") }
    return pattern
  }

  /// A call of the tool `search` by the user 1 of the groups `staff` and `sales`.
  static func call(
    _ tool: String = "search", hints: ToolHints = .unsaid, of server: MCPServerID = server,
    through integration: IntegrationID? = nil, scopes: [String]? = [], by subject: Question.Subject = member(),
    arguments: JSONValue? = [:], at now: Date = now, used: Int? = 0
  ) -> Question {
    question(
      .tool(.init(name: tool, hints: hints), of: server, through: integration, scopes: scopes), by: subject,
      arguments: arguments, at: now, used: used)
  }

  static func question(
    _ resource: Question.Resource, by subject: Question.Subject = member(), arguments: JSONValue? = nil,
    at now: Date = now, used: Int? = nil
  ) -> Question {
    Question(
      organization: organization, subject: subject, resource: resource, arguments: arguments, now: now,
      usage: RateUsage { _ in used })
  }

  static func member(
    _ user: UserID? = user, groups: [String] = ["staff", "sales"], role: Role = .member, charm: String? = nil,
    application: String? = nil
  ) -> Question.Subject {
    Question.Subject(user: user, groups: groups, role: role, charm: charm, application: application)
  }

  /// Rules with the ids `rul_0`, `rul_1` and so on.
  static func set(_ rules: [RuleDraft], default effect: Decision.Effect = .allow) -> RuleSet {
    RuleSet(organization: organization, defaultEffect: effect, rules: numbered(rules))
  }

  static func numbered(_ rules: [RuleDraft]) -> [RuleID: RuleDraft] {
    Dictionary(uniqueKeysWithValues: rules.enumerated().map { (id($0.offset), $0.element) })
  }

  static func id(_ number: Int) -> RuleID { RuleID(rawValue: "rul_\(number)") }
}
