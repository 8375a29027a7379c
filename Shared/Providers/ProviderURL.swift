/// A URL in the narrow form that providers may have: http or https, a plain ASCII host, maybe a port, a path and a
/// query.
///
/// Reading is strict on purpose. What one parser forgives, the next one reads otherwise, and a check of the one
/// is no protection for the other. Whether the address behind the host may be reached is not decided here.
public struct ProviderURL: Hashable, Sendable {
  /// `https` or `http`.
  public let scheme: String
  /// Lower-case: letters, digits, hyphens and dots only.
  public let host: String
  /// Absent where it is the scheme's own.
  public let port: Int?
  /// Empty, or from the first slash on.
  public let path: String
  /// Without the question mark.
  public let query: String?

  /// Longest accepted URL in bytes.
  public static let maximumLength = 2048

  public var isHTTPS: Bool { scheme == "https" }

  /// `host` or `host:port`; the port only where it is not the scheme's own.
  public var authority: String { port.map { "\(host):\($0)" } ?? host }

  /// Reads a URL. Nil for user names, fragments, dot segments, backslashes, blanks, control or non-ASCII characters,
  /// IPv6 hosts.
  public init?(_ text: String) {
    guard text.utf8.count <= Self.maximumLength else { return nil }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !Self.refusedBytes.contains($0) }) else { return nil }
    guard let separator = text.firstRange(of: "://") else { return nil }
    scheme = text[..<separator.lowerBound].lowercased()
    guard let standardPort = ["https": 443, "http": 80][scheme] else { return nil }
    let rest = text[separator.upperBound...]
    let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let parts = rest[..<authorityEnd].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first?.lowercased(), Self.isHost(name) else { return nil }
    host = name
    if parts.count == 2 {
      guard let number = Self.port(parts[1]) else { return nil }
      port = number == standardPort ? nil : number
    } else {
      port = nil
    }
    let tail = rest[authorityEnd...]
    let question = tail.firstIndex(of: "?")
    path = String(tail[..<(question ?? tail.endIndex)])
    query = question.map { String(tail[tail.index(after: $0)...]) }
    guard Self.hasNoDotSegments(path) else { return nil }
  }

  /// The form in which providers' URLs are compared: lower-case scheme and host, no default port, no trailing slash.
  /// Nil for a text that is no such URL, or has a query.
  public static func normalize(_ text: String) -> String? {
    guard let url = ProviderURL(text), url.query == nil else { return nil }
    var path = url.path[...]
    while path.hasSuffix("/") { path = path.dropLast() }
    return "\(url.scheme)://\(url.authority)\(path)"
  }

  /// Whether a text is a host name: labels of letters, digits and inner hyphens (RFC 1123 section 2.1), or an IPv4
  /// address.
  static func isHost(_ text: String) -> Bool {
    guard !text.isEmpty, text.utf8.count <= 253 else { return false }
    return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      guard (1...63).contains(label.utf8.count), label.first != "-", label.last != "-" else { return false }
      return label.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || byte == UInt8(ascii: "-")
      }
    }
  }

  // Quotes, brackets, braces, backslash, fragment: no provider needs them raw, and several parsers disagree on them.
  private static let refusedBytes = Set("\"#<>[\\]^`{|}".utf8)

  private static func port(_ text: Substring) -> Int? {
    guard (1...5).contains(text.utf8.count), text.allSatisfy(\.isWholeNumber), let number = Int(text) else {
      return nil
    }
    return (1...65_535).contains(number) ? number : nil
  }

  /// Servers differ in whether they decode before they split, so the check looks at the path as if they did.
  private static func hasNoDotSegments(_ path: String) -> Bool {
    let decoded = path.lowercased().replacing("%2e", with: ".").replacing("%2f", with: "/").replacing("%5c", with: "/")
    guard !decoded.contains("%00") else { return false }
    return decoded.split(separator: "/").allSatisfy { $0 != "." && $0 != ".." }
  }
}
