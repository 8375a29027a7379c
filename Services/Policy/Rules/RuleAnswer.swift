import Model
import Rules

/// What the rules in force say to a question, ready for a decision and its audit row.
struct RuleAnswer: Sendable, Hashable {
  var decision: Decision
  /// Rules in shadow mode that match. They have decided nothing.
  var shadows: [Verdict.Shadow]

  /// What an audit row says of rules in shadow mode: each with what it would have done.
  static func shadowDetails(_ shadows: [Verdict.Shadow]) -> [String: String] {
    guard !shadows.isEmpty else { return [:] }
    var details = [
      "shadow": shadows.prefix(maximumShadows).map { "\($0.rule)=\($0.effect.rawValue)" }.joined(separator: " ")
    ]
    if shadows.contains(where: \.wouldChange) { details["shadowWouldChange"] = "true" }
    return details
  }

  /// Rules in shadow mode that one audit row names. A row is read by people.
  private static let maximumShadows = 20
}

extension RulesInForce {
  /// For a request that is no call: refused only where nothing that is still open could allow it.
  func answer(_ question: Question) -> RuleAnswer {
    let verdict = set.decide(question)
    return RuleAnswer(decision: decision(verdict, question), shadows: verdict.shadows)
  }

  /// A verdict in words.
  func decision(_ verdict: Verdict, _ question: Question) -> Decision {
    guard verdict.effect == .allow else {
      let explained = set.explain(question).decision
      // A caller is told what decided. What the other rules say is for those who may read them.
      return Decision(
        effect: .deny, decidingRule: verdict.decidingRule, reasons: Array(explained.reasons.prefix(1)))
    }
    let reason =
      switch verdict.decider {
      case .rule(let id): "The rule \"\(drafts[id]?.name ?? id.rawValue)\" allows this."
      case .organizationDefault, .otherOrganization: "Members may use what the organization has set up."
      }
    return Decision(effect: .allow, decidingRule: verdict.decidingRule, reasons: [reason])
  }
}

extension Question.Subject {
  /// The caller, with the Application that acts.
  init(_ principal: Principal, application: String?) {
    let caller = principal.caller
    self.init(
      user: caller.user?.id, groups: caller.groups, role: caller.role, charm: caller.charmId, application: application)
  }
}
