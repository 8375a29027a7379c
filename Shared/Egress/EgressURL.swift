/// A URL that a request may be sent to, read strictly.
///
/// Everything that two parsers could read differently is refused: user names, backslashes, blanks, control and
/// non-ASCII characters, odd spellings of addresses. A host outside ASCII has to be written in its `xn--` form.
public struct EgressURL: Hashable, Sendable, CustomStringConvertible {
  public enum Scheme: String, Sendable { case http, https }

  public let scheme: Scheme
  /// Lower-case name, or an address; IPv6 without brackets.
  public let host: String
  /// The port that is connected to.
  public let port: Int
  /// Path and query; may hold secrets.
  let target: String

  /// Longest accepted URL in bytes.
  public static let maximumLength = 8192

  /// Scheme, host and port. The rest may hold secrets and is never printed.
  public var description: String { "\(scheme.rawValue)://\(destination)" }

  public var destination: EgressDestination { EgressDestination(host: host, port: port) }

  /// The address, where the host is one.
  public var address: IPAddress? { IPAddress(host) }

  /// The whole URL in the one spelling that is sent.
  var text: String { "\(scheme.rawValue)://\(destination)\(target)" }

  /// Reads a URL; throws the reason where it is refused.
  public init(_ text: String) throws(EgressRefusal) {
    guard text.utf8.count <= Self.maximumLength else { throw .malformed }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else { throw .malformed }
    guard let separator = text.firstRange(of: "://") else { throw .malformed }
    guard let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased()) else { throw .scheme }
    let rest = text[separator.upperBound...]
    guard !rest.contains("#") else { throw .malformed }
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let authority = rest[..<end]
    guard !authority.contains("@") else { throw .userInformation }
    let (host, port) = try Self.split(authority)
    self.scheme = scheme
    self.host = host
    self.port = port ?? (scheme == .https ? 443 : 80)
    let tail = rest[end...]
    target = tail.hasPrefix("/") ? String(tail) : "/" + tail
  }

  /// Letters, digits and inner hyphens in labels (RFC 1123 section 2.1), or four decimal numbers. A name whose last
  /// label is a number in any other spelling would be taken for an address by some resolvers.
  static func isName(_ text: String) -> Bool {
    guard !text.isEmpty, text.utf8.count <= 253 else { return false }
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    let wellFormed = labels.allSatisfy { label in
      guard (1...63).contains(label.utf8.count), label.first != "-", label.last != "-" else { return false }
      return label.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
      }
    }
    guard wellFormed, let last = labels.last else { return false }
    let isNumber = last.utf8.allSatisfy { (0x30...0x39).contains($0) } || last.hasPrefix("0x")
    return !isNumber || IPAddress(text) != nil
  }

  private static func split(_ authority: Substring) throws(EgressRefusal) -> (host: String, port: Int?) {
    var name = authority[...]
    var port: Int?
    let bracketed = authority.hasPrefix("[")
    if let colon = authority.lastIndex(of: ":"), !bracketed || authority[..<colon].hasSuffix("]") {
      guard let destination = EgressDestination("a" + authority[colon...]) else { throw .malformed }
      port = destination.port
      name = authority[..<colon]
    }
    let lower = name.lowercased()
    guard bracketed else {
      guard isName(lower) else { throw .malformed }
      return (lower, port)
    }
    let inner = String(lower.dropFirst().dropLast())
    guard lower.hasSuffix("]"), let address = IPAddress(inner), case .v6 = address else { throw .malformed }
    return (address.description, port)
  }
}

/// Why a request is not sent at all. For operators and logs; people of an organization read
/// ``EgressError/tenantMessage``.
public enum EgressRefusal: Error, Hashable, Sendable {
  case malformed
  /// Not https, and not on the operator's list.
  case scheme
  case userInformation
  /// Neither a standard port nor on the operator's list.
  case port
  /// An address instead of a name, and not on the operator's list.
  case addressLiteral
  /// A name without a dot: it means something in this network only.
  case localName
  /// A name with an address that is not public; what kind of address.
  case deniedAddress(String)
  /// One of the operator's own services.
  case ownService
}
