import FoundationEssentials

/// Any text as the value of an HTTP header (revision 2026-07-28, transports, value encoding).
///
/// Printable ASCII stands for itself; everything else, and what looks like the encoding, is `=?base64?…?=`.
public enum HeaderText {
  private static let prefix = "=?base64?"
  private static let suffix = "?="

  /// The value that says this text.
  public static func encode(_ text: String) -> String {
    isPlain(text) && !isEncoded(text) ? text : "\(prefix)\(Data(text.utf8).base64EncodedString())\(suffix)"
  }

  /// The text that a value says, or nil where the value is none that ``encode(_:)`` could have made.
  public static func decode(_ value: String) -> String? {
    guard isEncoded(value) else { return isPlain(value) ? value : nil }
    let payload = String(value.dropFirst(prefix.count).dropLast(suffix.count))
    // A second spelling of the same bytes is refused: two readers might tell them apart.
    guard let data = Data(base64Encoded: payload), data.base64EncodedString() == payload else { return nil }
    return String(validating: data, as: UTF8.self)
  }

  private static func isEncoded(_ value: String) -> Bool {
    value.utf8.count >= prefix.utf8.count + suffix.utf8.count && value.hasPrefix(prefix) && value.hasSuffix(suffix)
  }

  /// Visible ASCII and spaces, none of them at an end.
  private static func isPlain(_ text: String) -> Bool {
    let bytes = text.utf8
    guard bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else { return false }
    return bytes.first != 0x20 && bytes.last != 0x20
  }
}
