public import Model

/// How many calls the caller has made that count towards a rule's rate, within the rule's time.
public struct RateUsage: Sendable {
  /// Nil where it is not known.
  public let calls: @Sendable (RuleID) -> Int?

  public init(_ calls: @escaping @Sendable (RuleID) -> Int?) { self.calls = calls }

  /// For a question that is no call: a rate leaves it open.
  public static let unknown = RateUsage { _ in nil }
}
