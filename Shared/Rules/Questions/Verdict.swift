public import Model

/// What the rules say to a ``Question``.
public struct Verdict: Hashable, Sendable {
  public enum Decider: Hashable, Sendable {
    case rule(RuleID)
    /// No rule speaks of it.
    case organizationDefault
    /// The question came from another organization than the rules: it is refused, whatever they say.
    case otherOrganization
  }

  /// A rule in `shadow` mode that matches. It has decided nothing.
  public struct Shadow: Hashable, Sendable {
    public var rule: RuleID
    public var effect: Decision.Effect
    /// Whether the answer would be another one if this rule alone were enforced.
    public var wouldChange: Bool

    public init(rule: RuleID, effect: Decision.Effect, wouldChange: Bool) {
      self.rule = rule
      self.effect = effect
      self.wouldChange = wouldChange
    }
  }

  /// Where something is ``open``, the best that can come of it.
  public var effect: Decision.Effect
  public var decider: Decider
  /// What must be known before ``effect`` is certain. Empty for every refusal.
  public var open: OpenFacts
  public var shadows: [Shadow]
  /// The rules, those in `shadow` mode too, towards whose rate the call counts if it goes ahead. Empty for a refusal.
  public var counted: [RuleID]

  public init(effect: Decision.Effect, decider: Decider, open: OpenFacts, shadows: [Shadow], counted: [RuleID]) {
    self.effect = effect
    self.decider = decider
    self.open = open
    self.shadows = shadows
    self.counted = counted
  }

  /// For a call: whether it may go ahead.
  public var permits: Bool { effect == .allow && open.isEmpty }
  /// For a listing: whether something that may go ahead could come of it. Conditions on arguments are looked at one rule
  /// at a time: rules that together leave no argument over do not hide a tool.
  public var isListed: Bool { effect == .allow }
  /// Whether to ask again with the arguments of the call.
  public var needsArguments: Bool { open.contains(.arguments) }

  /// The name that decisions and audit rows show.
  public var decidingRule: String {
    switch decider {
    case .rule(let id): id.rawValue
    case .organizationDefault: "organization-default"
    case .otherOrganization: "other-organization"
    }
  }
}

/// What a question did not say and a rule wants to know.
public struct OpenFacts: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let arguments = OpenFacts(rawValue: 1)
  public static let rate = OpenFacts(rawValue: 2)
  public static let scopes = OpenFacts(rawValue: 4)
  public static let tool = OpenFacts(rawValue: 8)
}
