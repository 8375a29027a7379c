import FoundationEssentials
import Model

/// Says why a requirement of a rule does not hold.
///
/// Names what the rule says and who asks. What a call's arguments hold may be a secret, and is not repeated.
enum MismatchText {
  static func sentence(_ requirement: Requirement, _ rule: CompiledRule, _ question: Question) -> String {
    let (subject, resource, draft) = (question.subject, question.resource, rule.draft)
    let noTool = resource.server == nil ? "the rule is about calls of tools, and this is none" : nil
    switch requirement {
    case .users:
      return subject.user.map { "the user \($0) is not among the rule's users" }
        ?? "the call comes with an API key and so from no user"
    case .groups: return groups(draft.subjects.groups ?? [])
    case .roles:
      return "the role is \(subject.role.rawValue), and the rule is for \(named(draft.subjects.roles?.map(\.rawValue)))"
    case .charms:
      return subject.charm.map { "the Charm \(quoted($0)) is not among the rule's Charms" } ?? "no Charm acts"
    case .applications:
      return subject.application.map { "the Application \(quoted($0)) is not among the rule's Applications" }
        ?? "no Application acts"
    case .integrations:
      return resource.integration.map { "the Integration \($0) is not among the rule's Integrations" }
        ?? "no Integration is used"
    case .mcpServers:
      return resource.server.map { "the MCP server \($0) is not among the rule's MCP servers" }
        ?? "no MCP server is used"
    case .tools:
      let tool = quoted(resource.tool?.name ?? "")
      return noTool ?? "the tool \(tool) is not \(named(draft.resources.tools?.map(\.rawValue), "or"))"
    case .annotations:
      let annotations = named(draft.resources.annotations?.map(\.rawValue), "or")
      return noTool ?? "the tool does not count as \(annotations)"
    case .scopes:
      guard resource.integration != nil else { return "the rule is about scopes, and no Integration is used" }
      return draft.resources.scopes?.count == 1
        ? "the scope \(named(draft.resources.scopes)) is not requested"
        : "none of the scopes \(named(draft.resources.scopes)) is requested"
    case .argument(let index): return noTool ?? argument(index, rule, question)
    case .hours: return "it is outside the hours \(hours(draft.conditions.hours))"
    case .rate: return rate(draft)
    }
  }

  /// A list as people write it, cut where it is long.
  static func named(_ list: [String]?, _ conjunction: String = "and") -> String {
    let list = list ?? []
    let shown = list.prefix(maximumNames)
    if shown.count < list.count { return "\(shown.joined(separator: ", ")) and \(list.count - shown.count) more" }
    guard let last = shown.last, shown.count > 1 else { return shown.first ?? "" }
    return "\(shown.dropLast().joined(separator: ", ")) \(conjunction) \(last)"
  }

  /// Names of one list that are told.
  private static let maximumNames = 5
  /// Characters of a value that are told.
  private static let maximumCharacters = 80

  private static func groups(_ groups: [String]) -> String {
    groups.count == 1
      ? "group \(groups[0]) is not among this member's groups"
      : "none of the groups \(named(groups)) is among this member's groups"
  }

  private static func argument(_ index: Int, _ rule: CompiledRule, _ question: Question) -> String {
    guard let condition = rule.draft.conditions.arguments?[index] else { return "" }
    let name = "the argument \(condition.pointer)"
    switch rule.finding(index, question) {
    case .leadsNowhere: return "there is no argument \(condition.pointer)"
    case .cannotJudge: return "\(name) is of a kind that cannot be compared so"
    case .holds, .fails, nil: break
    }
    return switch condition.test {
    case .equals(let value): "\(name) is not \(shown(value))"
    case .notEquals(let value): "\(name) is \(shown(value))"
    case .oneOf(let values): "\(name) is not \(named(values.map(shown), "or"))"
    case .prefix(let text): "\(name) does not begin with \(quoted(text))"
    case .pattern(let pattern): "\(name) does not match \(quoted(pattern.rawValue))"
    case .lessThan(let bound): "\(name) is not less than \(shown(bound))"
    case .greaterThan(let bound): "\(name) is not greater than \(shown(bound))"
    }
  }

  private static func hours(_ hours: RuleHours?) -> String {
    guard let hours else { return "" }
    let days = hours.days.map { $0.map(\.rawValue).joined(separator: " ") }
    let window = hours.window.map { "\($0.from.text) to \($0.to.text)" }
    return [days, window, hours.timeZone.identifier].compactMap(\.self).joined(separator: ", ")
  }

  private static func rate(_ draft: RuleDraft) -> String {
    guard let rate = draft.conditions.rate else { return "" }
    let calls = "the \(rate.calls) calls in \(rate.perSeconds) seconds"
    return draft.effect == .allow ? "\(calls) are used up" : "\(calls) are not used up"
  }

  private static func shown(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let text): quoted(text)
    case .array, .object: value.description
    }
  }

  private static func quoted(_ text: String) -> String {
    text.count > maximumCharacters ? "\"\(text.prefix(maximumCharacters))…\"" : "\"\(text)\""
  }
}
