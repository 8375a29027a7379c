import Model

/// Adds up what the enforced rules say, and knows the answer: a refusal wins, silence is the organization's default,
/// and each requested scope is judged by itself.
struct Tally {
  /// What was said for a scope: the first rules by their places.
  private struct Allowance {
    var certain: Int?
    var possible: Int?
    var facts: OpenFacts = []

    mutating func add(_ place: Int, _ match: Match) {
      switch match {
      case .no: break
      case .yes: certain = min(certain ?? place, place)
      case .open(let more):
        possible = min(possible ?? place, place)
        facts.formUnion(more)
      }
    }

    mutating func add(_ other: Allowance) {
      if let place = other.certain { add(place, .yes) }
      if let place = other.possible { add(place, .open(other.facts)) }
    }
  }

  struct Answer: Equatable {
    var effect: Decision.Effect
    /// The place of the deciding rule; nil for the organization's default.
    var decider: Int?
    var open: OpenFacts
    /// The places of the requested scopes that nothing allows.
    var refusedScopes: [Int] = []
  }

  private let scopes: Int
  private(set) var denial: Int?
  private var possibleDenial: OpenFacts = []
  private var everywhere = Allowance()
  /// By the scopes' places; empty as long as no rule speaks of some of them only.
  private var byScope: [Allowance] = []

  init(_ resource: Question.Resource) {
    // A request without scopes is judged once too.
    scopes = max(resource.scopes?.count ?? 0, 1)
  }

  mutating func add(_ effect: Decision.Effect, at place: Int, _ match: Match, _ coverage: Coverage) {
    let match = coverage == .open ? match.and(.open(.scopes)) : coverage == .none ? .no : match
    switch (effect, match) {
    case (_, .no): break
    case (.deny, .yes): denial = min(denial ?? place, place)
    case (.deny, .open(let facts)): possibleDenial.formUnion(facts)
    case (.allow, _):
      guard case .some(let covered) = coverage else { return everywhere.add(place, match) }
      if byScope.isEmpty { byScope = Array(repeating: Allowance(), count: scopes) }
      for scope in covered { byScope[scope].add(place, match) }
    }
  }

  func answer(default defaultEffect: Decision.Effect) -> Answer {
    if let denial { return Answer(effect: .deny, decider: denial, open: []) }
    var open = possibleDenial
    var refused: [Int] = []
    for scope in 0..<scopes where defaultEffect == .deny {
      let allowance = allowance(scope)
      if allowance.certain != nil { continue }
      if allowance.possible == nil { refused.append(scope) }
      open.formUnion(allowance.facts)
    }
    guard refused.isEmpty else { return Answer(effect: .deny, decider: nil, open: [], refusedScopes: refused) }
    let first = allowance(0)
    let decider = first.certain ?? (defaultEffect == .allow ? nil : first.possible)
    return Answer(effect: .allow, decider: decider, open: open)
  }

  private func allowance(_ scope: Int) -> Allowance {
    guard !byScope.isEmpty else { return everywhere }
    var both = byScope[scope]
    both.add(everywhere)
    return both
  }
}
