import Model

/// Checks of texts from outside. Lengths are in Unicode scalars: what a reader takes for one character may be any number of them.
/// Every failure is an `invalid_request` that names the field and never repeats the
/// value.
enum TextRules {
  /// A text that people read: no control characters, not blank, not longer than allowed.
  static func check(_ text: String, field: String, maximum: Int) throws {
    guard text.contains(where: { !$0.isWhitespace }), text.unicodeScalars.count <= maximum else {
      throw ServiceError(.invalidRequest, "\(field) must have 1 to \(maximum) characters.")
    }
    guard text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
      throw ServiceError(.invalidRequest, "\(field) must not hold control characters.")
    }
  }

  /// The same for a text that may be absent.
  static func check(_ text: String?, field: String, maximum: Int) throws {
    if let text { try check(text, field: field, maximum: maximum) }
  }

  /// A host platform's id of something that comes to be known by it. It is one segment of addresses, and a browser folds
  /// `.` and `..` away, however they are escaped: a page could not name, and so not block, what is called that.
  static func check(newPlatformId id: String, field: String) throws {
    try check(id, field: field, maximum: PolicyLimits.applicationIdLength)
    guard id != ".", id != ".." else {
      throw ServiceError(.invalidRequest, "\(field) must not be one or two dots alone.")
    }
  }

  /// Scopes as RFC 6749 section 3.3 spells them: printable ASCII without blank, quote and backslash. Doubles are
  /// dropped.
  static func scopes(_ scopes: [String], field: String) throws -> [String] {
    guard scopes.count <= PolicyLimits.scopeCount else {
      throw ServiceError(.invalidRequest, "\(field) must have at most \(PolicyLimits.scopeCount) scopes.")
    }
    var seen: Set<String> = []
    return try scopes.filter { scope in
      guard (1...PolicyLimits.scopeLength).contains(scope.utf8.count),
        scope.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
      else { throw ServiceError(.invalidRequest, "\(field) holds a text that is not a scope (RFC 6749 section 3.3).") }
      return seen.insert(scope).inserted
    }
  }
}
