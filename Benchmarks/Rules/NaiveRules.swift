import Model
import Rules

/// The reference: goes through all rules one by one and looks at each list as it is written. It knows what ``RuleLoad``
/// uses, and no more.
struct NaiveRules {
  let rules: [RuleDraft]
  let defaultEffect: Decision.Effect

  init(rules: [RuleID: RuleDraft], defaultEffect: Decision.Effect) {
    self.rules = rules.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value)
    self.defaultEffect = defaultEffect
  }

  func permits(_ question: Question) -> Bool {
    var isAllowed = defaultEffect == .allow
    for rule in rules where matches(rule, question) {
      if rule.effect == .deny { return false }
      isAllowed = true
    }
    return isAllowed
  }

  private func matches(_ rule: RuleDraft, _ question: Question) -> Bool {
    guard let server = question.resource.server, let tool = question.resource.tool else { return false }
    if let groups = rule.subjects.groups, !groups.contains(where: question.subject.groups.contains) { return false }
    if let servers = rule.resources.mcpServers, !servers.contains(server) { return false }
    if let tools = rule.resources.tools, !tools.contains(where: { tool.name.hasPrefix($0.literals[0]) }) {
      return false
    }
    if let annotations = rule.resources.annotations, !annotations.contains(where: tool.hints.contains) { return false }
    return (rule.conditions.arguments ?? []).allSatisfy { holds($0, rule.effect, question) }
  }

  private func holds(_ condition: ArgumentCondition, _ effect: Decision.Effect, _ question: Question) -> Bool {
    guard case .prefix(let start) = condition.test, let arguments = question.arguments,
      case .string(let text) = condition.pointer.evaluate(in: arguments)
    else { return effect == .deny }
    return text.hasPrefix(start)
  }
}
