/// What the rules say about one request, with the reason. Silence follows the organization's default; a decision always names what decided.
public struct Decision: Codable, Sendable, Hashable {
  public enum Effect: String, Codable, Sendable, CaseIterable { case allow, deny }

  public var effect: Effect
  /// The rule that decided: a rule's id, or the name of a built-in one such as `organization-default`.
  public var decidingRule: String
  /// Sentences for people, the deciding one first.
  public var reasons: [String]

  public init(effect: Effect, decidingRule: String, reasons: [String]) {
    self.effect = effect
    self.decidingRule = decidingRule
    self.reasons = reasons
  }
}
