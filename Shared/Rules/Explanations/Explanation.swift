public import Model

/// Why a ``Verdict`` is as it is: what every rule had to say, and what would change the answer.
public struct Explanation: Hashable, Sendable {
  /// Something that would turn the answer round by itself.
  public enum Change: Hashable, Sendable {
    /// Withdrawing these rules together.
    case withoutRules([RuleID])
    /// Another meaning of silence.
    case defaultEffect(Decision.Effect)
    /// A rule that would match but for one requirement.
    case requirement(Requirement, of: RuleID)

    var nearMiss: RuleID? {
      if case .requirement(_, let rule) = self { rule } else { nil }
    }
  }

  public var verdict: Verdict
  /// Every rule, in the order in which they count.
  public var rules: [RuleOutcome]
  /// Each of them by itself would turn the answer round.
  public var changes: [Change]
  /// Sentences for people, the deciding one first.
  public var reasons: [String]
  /// ``changes`` as sentences for people.
  public var wouldChange: [String]

  /// Near misses that are told. A person reads them.
  public static let maximumNearMisses = 20

  /// Rules that miss by one requirement only, and would have turned the answer round.
  public var nearMisses: [RuleOutcome] {
    let missed = Set(changes.compactMap(\.nearMiss))
    return rules.filter { missed.contains($0.rule) }
  }

  /// As it goes over the wire and into the audit trail.
  public var decision: Decision {
    Decision(effect: verdict.effect, decidingRule: verdict.decidingRule, reasons: reasons)
  }
}

/// What one rule had to say to a question.
public struct RuleOutcome: Hashable, Sendable {
  public enum State: Hashable, Sendable {
    case matched
    case notMatched
    /// It depends on what the question does not say.
    case open(OpenFacts)
  }

  /// One thing that keeps a rule from matching.
  public struct Mismatch: Hashable, Sendable {
    public var requirement: Requirement
    /// In words that a person understands. Names what the rule says, never what a call's arguments hold.
    public var sentence: String
  }

  public var rule: RuleID
  public var name: String
  public var effect: Decision.Effect
  public var mode: RuleDraft.Mode
  public var state: State
  /// The first one is the one to tell; empty unless ``state`` is `notMatched`.
  public var mismatches: [Mismatch]
}
