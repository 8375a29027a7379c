import Model

extension RuleSet {
  /// Answers a question and says why. For people: it looks at every requirement of every rule, where ``decide(_:)`` looks
  /// at hardly any.
  public func explain(_ question: Question) -> Explanation {
    let verdict = decide(question)
    guard question.organization == organization else {
      return Explanation(
        verdict: verdict, rules: [], changes: [], reasons: ["The question came from another organization."],
        wouldChange: [])
    }
    let findings = rules.map { Finding($0, question) }
    let answers = WhatIf(
      findings: findings, enforced: enforced, defaultEffect: defaultEffect, resource: question.resource)
    let changes = changes(findings, answers)
    let outcomes = findings.map { $0.outcome(question) }
    let texts = ReasonTexts(defaultEffect: defaultEffect, outcomes: outcomes, scopes: question.resource.scopes ?? [])
    return Explanation(
      verdict: verdict, rules: outcomes, changes: changes,
      reasons: texts.reasons(verdict, refusedScopes: answers.asItIs.refusedScopes),
      wouldChange: changes.map { texts.sentence($0, now: verdict.effect) })
  }

  private func changes(_ findings: [Finding], _ answers: WhatIf) -> [Explanation.Change] {
    let now = answers.asItIs.effect
    var changes: [Explanation.Change] = []
    // A refusal by rules ends with all of them, and so does a permission.
    let supporting = findings[..<enforced].indices.filter { place in
      findings[place].rule.draft.effect == now && findings[place].matches(openToo: now == .allow)
    }
    if !supporting.isEmpty, answers.without(Set(supporting)).effect != now {
      changes.append(.withoutRules(supporting.map { rules[$0].id }))
    }
    let other: Decision.Effect = defaultEffect == .allow ? .deny : .allow
    if answers.withDefault(other).effect != now { changes.append(.defaultEffect(other)) }
    let nearMisses = findings[..<enforced].indices.lazy.compactMap { place -> Explanation.Change? in
      let finding = findings[place]
      guard finding.rule.draft.effect != now, let missing = finding.onlyMismatch,
        answers.with(finding.ignoring(missing), at: place).effect != now
      else { return nil }
      return .requirement(missing, of: finding.rule.id)
    }
    return changes + nearMisses.prefix(Explanation.maximumNearMisses)
  }
}
