/// A text in which `*` stands for any run of characters, also none. It covers the whole text and minds the case.
///
/// `\*` is a star and `\\` a backslash. This is the only kind of pattern in rules: owners read it at sight, and it is
/// matched in time linear in the text, which an agent may have been talked into choosing. Regular expressions as people
/// write them need a backtracking engine, which such a text could keep busy for hours.
public struct GlobPattern: Hashable, Sendable, RawRepresentable {
  /// As it is written.
  public let rawValue: String
  /// What stands between the stars, in order; one text if there is no star.
  public let literals: [String]

  /// Returns nil for an empty text, and where a backslash stands before anything but a star or a backslash.
  public init?(rawValue: String) {
    guard !rawValue.isEmpty else { return nil }
    var literals: [String] = []
    var literal = String.UnicodeScalarView()
    var rest = rawValue.unicodeScalars.makeIterator()
    while let scalar = rest.next() {
      switch scalar {
      case "*":
        literals.append(String(literal))
        literal = String.UnicodeScalarView()
      case "\\":
        guard let next = rest.next(), next == "*" || next == "\\" else { return nil }
        literal.append(next)
      default: literal.append(scalar)
      }
    }
    literals.append(String(literal))
    self.rawValue = rawValue
    self.literals = literals
  }

  /// Whether it stands for one text only.
  public var isLiteral: Bool { literals.count == 1 }
}

extension GlobPattern: Encodable, CustomStringConvertible {
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }

  public var description: String { rawValue }
}

extension RuleReader {
  mutating func pattern(_ field: Field) -> GlobPattern? {
    guard let text = text(field, maximumBytes: RuleLimits.patternBytes, isShown: false) else { return nil }
    guard let pattern = GlobPattern(rawValue: text) else {
      report(field.place, "is no pattern: a backslash may only stand before * or another backslash")
      return nil
    }
    return pattern
  }
}
