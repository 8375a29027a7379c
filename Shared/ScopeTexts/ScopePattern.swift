/// Reads scopes that nobody has written words for, as far as their form says what they do: `read:invoices`, `invoices.write`.
enum ScopePattern {
  /// Words that a scope begins or ends with, and what they say.
  private static let verbs: [String: (text: String, isSensitive: Bool)] = [
    "read": ("See", false), "readonly": ("See", false), "view": ("See", false), "list": ("See", false),
    "write": ("Create and change", true), "readwrite": ("See and change", true), "edit": ("Change", true),
    "create": ("Create", true), "update": ("Change", true), "send": ("Send", true), "delete": ("Delete", true),
    "manage": ("Manage", true), "admin": ("Administer", true), "full": ("See, change and delete", true),
  ]
  private static let separators: Set<Character> = [":", ".", "/", "_", "-"]
  /// Longer ones say too much or too little in one line.
  private static let maximumWords = 4

  static func text(for scope: String) -> ScopeText {
    let unknown = ScopeText(scope: scope, description: nil, isSensitive: false)
    guard !scope.contains("://") else { return unknown }
    var words = scope.split(whereSeparator: separators.contains).map { $0.lowercased() }
    guard (2...maximumWords).contains(words.count),
      words.allSatisfy({ $0.unicodeScalars.allSatisfy { $0.properties.isAlphabetic } })
    else { return unknown }
    let verb: (text: String, isSensitive: Bool)
    if let last = words.last.flatMap({ verbs[$0] }) {
      verb = last
      words.removeLast()
    } else if let first = words.first.flatMap({ verbs[$0] }) {
      verb = first
      words.removeFirst()
    } else {
      return unknown
    }
    return ScopeText(
      scope: scope, description: "\(verb.text): \(words.joined(separator: " "))", isSensitive: verb.isSensitive)
  }
}
