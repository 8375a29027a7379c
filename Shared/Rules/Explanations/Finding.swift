import Model

/// What one rule says to a question, requirement by requirement.
struct Finding {
  let rule: CompiledRule
  let matches: [(requirement: Requirement, match: Match)]
  let coverage: Coverage

  init(_ rule: CompiledRule, _ question: Question) {
    self.rule = rule
    matches = rule.requirements.map { ($0, rule.judge($0, question)) }
    coverage = rule.coverage(question.resource)
  }

  var match: Match { matches.reduce(.yes) { $0.and($1.match) } }

  func matches(openToo: Bool) -> Bool {
    switch match {
    case .no: false
    case .yes: true
    case .open: openToo
    }
  }

  /// What keeps it from matching, where it is one thing only.
  var onlyMismatch: Requirement? {
    let missing = matches.filter { $0.match == .no }
    return missing.count == 1 ? missing[0].requirement : nil
  }

  /// What it would say without one of its requirements.
  func ignoring(_ requirement: Requirement) -> (match: Match, coverage: Coverage) {
    let rest = matches.filter { $0.requirement != requirement }.reduce(Match.yes) { $0.and($1.match) }
    return (rest, requirement == .scopes ? .all : coverage)
  }

  func outcome(_ question: Question) -> RuleOutcome {
    let state: RuleOutcome.State =
      switch match {
      case .no: .notMatched
      case .yes: .matched
      case .open(let facts): .open(facts)
      }
    let mismatches = matches.filter { $0.match == .no }.map { missing in
      RuleOutcome.Mismatch(
        requirement: missing.requirement, sentence: MismatchText.sentence(missing.requirement, rule, question))
    }
    return RuleOutcome(
      rule: rule.id, name: rule.draft.name, effect: rule.draft.effect, mode: rule.draft.mode, state: state,
      mismatches: mismatches)
  }
}
