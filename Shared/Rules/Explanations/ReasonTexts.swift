import Model

/// Says why an answer is as it is, and what would change it.
struct ReasonTexts {
  let defaultEffect: Decision.Effect
  let outcomes: [RuleOutcome]
  /// The requested ones.
  let scopes: [String]

  /// The deciding sentence first, then what else the matching rules said.
  func reasons(_ verdict: Verdict, refusedScopes: [Int]) -> [String] {
    var reasons = [deciding(verdict, refusedScopes)]
    if let open = Self.open(verdict.open) { reasons.append(open) }
    let others = outcomes.lazy.filter { $0.state == .matched && verdict.decider != .rule($0.rule) }
    reasons += others.prefix(Self.maximumOthers).map { other($0, now: verdict) }
    return reasons
  }

  func sentence(_ change: Explanation.Change, now effect: Decision.Effect) -> String {
    let turned = effect == .allow ? "refused" : "allowed"
    switch change {
    case .withoutRules(let rules):
      let names = rules.compactMap(outcome).map { "\"\($0.name)\"" }
      let what = rules.count == 1 ? "the rule" : "the rules"
      return "Without \(what) \(MismatchText.named(names)) it would be \(turned)."
    case .defaultEffect(let other):
      let meaning = other == .allow ? "allowed" : "refused"
      return "It would be \(turned) if the organization \(meaning) what no rule speaks of."
    case .requirement(let requirement, let rule):
      let outcome = outcome(rule)
      let reason = outcome?.mismatches.first { $0.requirement == requirement }?.sentence ?? ""
      let name = outcome.map(named) ?? rule.rawValue
      return "\(name) would have \(turned) it, but \(reason)."
    }
  }

  /// Rules besides the deciding one that are told. A person reads them.
  private static let maximumOthers = 20

  private func other(_ outcome: RuleOutcome, now verdict: Verdict) -> String {
    let does = outcome.effect == .allow ? "allow" : "refuse"
    if outcome.mode == .shadow {
      return "\(named(outcome)) is in shadow mode and decides nothing; it would \(does) this."
    }
    if outcome.effect == verdict.effect { return "\(named(outcome)) \(does)s this too." }
    // What matches and yet does not allow the whole speaks of some of the scopes only.
    return verdict.decider == .organizationDefault
      ? "\(named(outcome)) allows a part of this." : "\(named(outcome)) allows this, but a refusal outweighs it."
  }

  private func deciding(_ verdict: Verdict, _ refusedScopes: [Int]) -> String {
    switch (verdict.decider, verdict.effect) {
    case (.otherOrganization, _): return "The question came from another organization."
    case (.rule(let id), .allow): return "\(outcome(id).map(named) ?? id.rawValue) allows this."
    case (.rule(let id), .deny): return "\(outcome(id).map(named) ?? id.rawValue) refuses this."
    case (.organizationDefault, .allow):
      return "No rule speaks of this, and members may use what the organization has set up."
    case (.organizationDefault, .deny):
      let refused = refusedScopes.filter(scopes.indices.contains).map { scopes[$0] }
      let noun = refused.count == 1 ? "the scope" : "the scopes"
      let what = refused.isEmpty ? "this" : "\(noun) \(MismatchText.named(refused))"
      return "No rule allows \(what), and the organization refuses what no rule allows."
    }
  }

  private static func open(_ facts: OpenFacts) -> String? {
    let known: [(OpenFacts, String)] = [
      (.tool, "the tool"), (.arguments, "the arguments of the call"), (.scopes, "the scopes"),
      (.rate, "how many calls were made before"),
    ]
    let names = known.filter { facts.contains($0.0) }.map(\.1)
    return names.isEmpty ? nil : "It may still be refused, depending on \(MismatchText.named(names))."
  }

  private func outcome(_ rule: RuleID) -> RuleOutcome? { outcomes.first { $0.rule == rule } }

  private func named(_ outcome: RuleOutcome) -> String { "The rule \"\(outcome.name)\" (\(outcome.rule))" }
}
