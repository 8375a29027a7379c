/// Where an MCP client may have its person sent back to: an https address, or an http one on this very machine.
///
/// Native applications listen on a loopback port that the system gives them, so there the port does not count (RFC 8252
/// section 7.3). Schemes of an application's own are refused: whichever program has claimed one gets the code, and a page
/// can name nobody to the person who is asked. Addresses are compared as texts, nothing is normalised (RFC 9700
/// section 4.1.3).
public struct ClientRedirectURI: Hashable, Sendable {
  /// The address as the client wrote it.
  public let text: String
  /// Name or address, IPv6 in brackets.
  public let host: String
  /// Scheme, host and port.
  public let origin: String
  /// Whether it leads to a program on the person's own machine.
  public let isLoopback: Bool
  private let tail: String

  /// Bytes: what fits into an index together with a client id, and more than clients use.
  public static let maximumLength = 1_024
  private static let loopbackHosts: Set<String> = ["127.0.0.1", "localhost", "[::1]"]
  private static let longestPort = 5

  /// Returns nil for an address that nobody is sent to.
  public init?(_ text: String) {
    guard text.utf8.count <= Self.maximumLength, text.utf8.allSatisfy(Self.isPlain) else { return nil }
    let isSecure = text.hasPrefix("https://")
    guard isSecure || text.hasPrefix("http://") else { return nil }
    let scheme = isSecure ? "https://" : "http://"
    let rest = text.dropFirst(scheme.count)
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    guard let (host, port) = Self.split(rest[..<end]) else { return nil }
    isLoopback = !isSecure
    guard isSecure || Self.loopbackHosts.contains(host) else { return nil }
    self.text = text
    self.host = host
    origin = scheme + host + (port.map { ":\($0)" } ?? "")
    tail = String(rest[end...])
  }

  /// The address without the port that does not count: what stays the same each time a native application asks.
  public var lasting: String { isLoopback ? "http://\(host)\(tail)" : text }

  /// Whether a client that named the other address may use this one.
  public func matches(_ registered: ClientRedirectURI) -> Bool {
    isLoopback && registered.isLoopback ? lasting == registered.lasting : text == registered.text
  }

  /// Visible ASCII without what parsers read differently or pages would have to escape.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\\"), UInt8(ascii: "#"), UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"),
      UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
      false
    default: byte > 0x20 && byte < 0x7F
    }
  }

  private static func split(_ authority: Substring) -> (host: String, port: String?)? {
    let bracket = authority.hasPrefix("[") ? authority.firstIndex(of: "]") : nil
    let colon = authority[(bracket ?? authority.startIndex)...].firstIndex(of: ":")
    let host = String(authority[..<(colon ?? authority.endIndex)])
    guard isHost(host) else { return nil }
    guard let colon else { return (host, nil) }
    let port = authority[authority.index(after: colon)...]
    guard (1...longestPort).contains(port.count), port.utf8.allSatisfy(isDigit), let number = UInt16(port), number > 0
    else { return nil }
    return (host, String(port))
  }

  /// A lower-case name or IPv4 address; of IPv6 only the loopback address.
  private static func isHost(_ text: String) -> Bool {
    if text == "[::1]" { return true }
    return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      guard (1...63).contains(label.utf8.count), label.first != "-", label.last != "-" else { return false }
      return label.utf8.allSatisfy { isDigit($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-") }
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
