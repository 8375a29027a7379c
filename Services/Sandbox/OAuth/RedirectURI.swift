import FoundationEssentials

/// An address that a client may be sent back to. Compared byte by byte (RFC 9700 section 2.1).
struct RedirectURI: Hashable, Sendable {
  let text: String

  /// Takes an absolute address without a fragment: https, http to this machine, or a reverse-domain scheme of a
  /// native application (RFC 8252 section 7.1).
  init?(_ text: String, allowPlainHTTP: Bool = false) {
    guard text.utf8.allSatisfy(Self.isPlain), let url = URL(string: text), let scheme = url.scheme?.lowercased()
    else { return nil }
    let host = url.host() ?? ""
    // The host goes into a content security policy, where a semicolon would begin a new rule.
    guard host.utf8.allSatisfy(Self.isHost) else { return nil }
    switch scheme {
    case "https": guard !host.isEmpty else { return nil }
    case "http": guard !host.isEmpty, allowPlainHTTP || Self.isLoopback(host) else { return nil }
    default: guard scheme.contains("."), !scheme.hasPrefix(".") else { return nil }
    }
    self.text = text
  }

  /// What a content security policy calls this address: its origin, or its scheme for a native application.
  var policySource: String {
    guard let url = URL(string: text), let scheme = url.scheme else { return "'none'" }
    guard let host = url.host() else { return "\(scheme):" }
    let written = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    return url.port.map { "\(scheme)://\(written):\($0)" } ?? "\(scheme)://\(written)"
  }

  /// The address with further query parameters.
  func adding(_ parameters: [(String, String)]) -> String {
    "\(text)\(text.contains("?") ? "&" : "?")\(FormFields.encode(parameters))"
  }

  /// Characters of RFC 3986 appendix A, but for `#`: the text goes into a header as it is.
  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x21...0x7E).contains(byte) && !##""#<>\^`{|}"##.utf8.contains(byte)
  }

  private static func isHost(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"),
      UInt8(ascii: "["), UInt8(ascii: "]"):
      true
    default: false
    }
  }

  private static func isLoopback(_ host: String) -> Bool {
    ["127.0.0.1", "localhost", "::1", "[::1]"].contains(host.lowercased())
  }
}
