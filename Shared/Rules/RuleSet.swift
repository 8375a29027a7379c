public import Model

/// An organization's rules, compiled once per version: nothing in it ever changes, so every task may ask it.
///
/// Asking is pure: no clock, no I/O, and the same question has the same answer.
public final class RuleSet: Sendable {
  public let organization: OrganizationID
  /// What silence means.
  public let defaultEffect: Decision.Effect
  /// Enforced refusals, then enforced allowances, then what is in shadow mode; each by its id, so that it never depends
  /// on chance which one of several is named.
  let rules: [CompiledRule]
  /// Where the rules in shadow mode begin.
  let enforced: Int
  private let index: RuleIndex

  public init(organization: OrganizationID, defaultEffect: Decision.Effect, rules drafts: [RuleID: RuleDraft]) {
    self.organization = organization
    self.defaultEffect = defaultEffect
    rules = drafts.map { CompiledRule($0.key, $0.value) }.sorted { left, right in
      (Self.section(left.draft), left.id.rawValue) < (Self.section(right.draft), right.id.rawValue)
    }
    enforced = rules.firstIndex { $0.draft.mode == .shadow } ?? rules.endIndex
    index = RuleIndex(rules)
  }

  /// Answers a question. See ``Verdict`` for one that leaves something open.
  public func decide(_ question: Question) -> Verdict {
    guard question.organization == organization else {
      return Verdict(effect: .deny, decider: .otherOrganization, open: [], shadows: [], counted: [])
    }
    var tally = Tally(question.resource)
    var shadows: [(rule: CompiledRule, place: Int, coverage: Coverage)] = []
    var counted: [RuleID] = []
    index.forEachCandidate(question) { place in
      let isEnforced = place < enforced
      // Nothing that is enforced can change a refusal.
      if isEnforced, tally.denial != nil { return enforced < rules.count }
      let rule = rules[place]
      var match = rule.match(question)
      guard match != .no else { return true }
      let coverage = rule.coverage(question.resource)
      if rule.draft.conditions.rate != nil {
        if match == .yes, coverage != .none, coverage != .open { counted.append(rule.id) }
        match = match.and(rule.rate(question))
      }
      if isEnforced {
        tally.add(rule.draft.effect, at: place, match, coverage)
      } else if match == .yes, coverage != .none, coverage != .open {
        shadows.append((rule, place, coverage))
      }
      return true
    }
    let answer = tally.answer(default: defaultEffect)
    return Verdict(
      effect: answer.effect, decider: answer.decider.map { .rule(rules[$0].id) } ?? .organizationDefault,
      open: answer.open,
      shadows: shadows.map { shadow in
        var changed = tally
        changed.add(shadow.rule.draft.effect, at: shadow.place, .yes, shadow.coverage)
        return Verdict.Shadow(
          rule: shadow.rule.id, effect: shadow.rule.draft.effect,
          wouldChange: changed.answer(default: defaultEffect).effect != answer.effect)
      },
      counted: answer.effect == .allow ? counted : [])
  }

  private static func section(_ draft: RuleDraft) -> Int {
    switch (draft.mode, draft.effect) {
    case (.enforce, .deny): 0
    case (.enforce, .allow): 1
    case (.shadow, _): 2
    }
  }
}
