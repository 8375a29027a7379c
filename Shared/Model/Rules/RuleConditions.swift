/// What must hold besides for a rule to match. All of it must.
public struct RuleConditions: Hashable, Sendable, Encodable {
  /// A number of calls within a time, counted for each rule and caller by themselves.
  public struct Rate: Hashable, Sendable, Encodable {
    public var calls: Int
    public var perSeconds: Int

    public init(calls: Int, perSeconds: Int) {
      self.calls = calls
      self.perSeconds = perSeconds
    }
  }

  /// Conditions on a tool call's arguments; every one must hold. They make it a rule about calls of tools.
  public var arguments: [ArgumentCondition]?
  public var hours: RuleHours?
  /// An `allow` matches while there are calls left, a `deny` when there are none.
  public var rate: Rate?

  public init(arguments: [ArgumentCondition]? = nil, hours: RuleHours? = nil, rate: Rate? = nil) {
    self.arguments = arguments
    self.hours = hours
    self.rate = rate
  }
}

extension RuleReader {
  mutating func conditions(_ field: Field) -> RuleConditions? {
    guard let object = object(field, known: ["arguments", "hours", "rate"]) else { return nil }
    return RuleConditions(
      arguments: list("arguments", of: object, maximum: RuleLimits.argumentConditions) { $0.argumentCondition($1) },
      hours: optional("hours", of: object) { $0.hours($1) },
      rate: optional("rate", of: object) { $0.rate($1) })
  }

  private mutating func rate(_ field: Field) -> RuleConditions.Rate? {
    guard let object = object(field, known: ["calls", "perSeconds"]) else { return nil }
    let calls = required("calls", of: object) { $0.wholeNumber($1, in: 1...RuleLimits.rateCalls) }
    let seconds = required("perSeconds", of: object) { $0.wholeNumber($1, in: 1...RuleLimits.rateSeconds) }
    guard let calls, let seconds else { return nil }
    return RuleConditions.Rate(calls: calls, perSeconds: seconds)
  }
}
