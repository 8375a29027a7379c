/// Texts of strangers, made fit to be shown. Escaping is the template's work; this is about what escaping leaves in place.
enum DisplayText {
  /// One line without characters that hide, reorder or break the text around them, cut to a length.
  static func line(_ text: String, maximum: Int) -> String {
    let visible = text.unicodeScalars.map { isSafe($0) ? Character($0) : " " }
    let words = String(visible).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    if words.isEmpty { return "Unnamed" }
    return words.count <= maximum ? words : "\(words.prefix(maximum - 1))…"
  }

  /// A text with its lines and blanks, all of it, without characters that hide or reorder what is around them: those are shown by their number.
  static func block(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { shown, scalar in
      if scalar == "\n" || isSafe(scalar) {
        shown.unicodeScalars.append(scalar)
      } else {
        shown += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
  }

  private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    // Format characters include the bidirectional controls and zero-width ones, which let one name pose as another.
    // The joiner stays: emoji and several scripts are written with it.
    case .format: scalar.value == 0x200D
    case .control, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
    default: true
    }
  }
}
