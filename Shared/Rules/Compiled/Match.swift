/// Whether something matches, as far as the question says.
enum Match: Hashable, Sendable {
  case no
  case yes
  /// It depends on what the question does not say.
  case open(OpenFacts)

  init(_ holds: Bool) { self = holds ? .yes : .no }

  /// Both must match.
  func and(_ other: Match) -> Match {
    switch (self, other) {
    case (.no, _), (_, .no): .no
    case (.yes, let rest), (let rest, .yes): rest
    case (.open(let facts), .open(let more)): .open(facts.union(more))
    }
  }
}

/// Which of the requested scopes a rule speaks of.
enum Coverage: Hashable, Sendable {
  /// None; the rule does not match.
  case none
  /// All of them, or there are none and the rule does not mind.
  case all
  /// Those at these places of the request.
  case some([Int])
  /// They are not known yet.
  case open
}
