/// What a scope lets its holder do, in words for the person who is asked.
public struct ScopeText: Sendable, Hashable {
  /// As the provider names it.
  public var scope: String
  /// A short sentence without a full stop, such as "Read your email". Nil where nobody can say: then the scope itself is shown.
  public var description: String?
  /// Whether it lets its holder change or delete something, or act as the person.
  public var isSensitive: Bool

  public init(scope: String, description: String?, isSensitive: Bool) {
    self.scope = scope
    self.description = description
    self.isSensitive = isSensitive
  }
}
