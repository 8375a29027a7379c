import Model

/// Answers from the same findings with something changed.
struct WhatIf {
  let findings: [Finding]
  let enforced: Int
  let defaultEffect: Decision.Effect
  let resource: Question.Resource

  var asItIs: Tally.Answer { without([]) }

  func without(_ places: Set<Int>) -> Tally.Answer { tally(without: places).answer(default: defaultEffect) }

  func withDefault(_ effect: Decision.Effect) -> Tally.Answer { tally(without: []).answer(default: effect) }

  /// With another finding in the place of one.
  func with(_ finding: (match: Match, coverage: Coverage), at place: Int) -> Tally.Answer {
    var tally = tally(without: [place])
    tally.add(findings[place].rule.draft.effect, at: place, finding.match, finding.coverage)
    return tally.answer(default: defaultEffect)
  }

  private func tally(without places: Set<Int>) -> Tally {
    var tally = Tally(resource)
    for place in 0..<enforced where !places.contains(place) {
      let finding = findings[place]
      tally.add(finding.rule.draft.effect, at: place, finding.match, finding.coverage)
    }
    return tally
  }
}
