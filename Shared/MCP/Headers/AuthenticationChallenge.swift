/// One challenge of a `WWW-Authenticate` header (RFC 9110 section 11.6.1).
public struct AuthenticationChallenge: Hashable, Sendable {
  /// The scheme in lower case: `bearer`, `basic`, …
  public let scheme: String
  /// The parameters by their names in lower case.
  public let parameters: [String: String]

  /// Characters of one header that are read. Servers are strangers, and real challenges are a few hundred long.
  static let maximumCharacters = 8_192
  /// Challenges of one answer, and parameters of one challenge, that are read.
  static let maximumCount = 32

  /// The challenges of an answer, in order.
  ///
  /// - Parameter headers: Every value of the header. What cannot be read ends its value; what stood before it counts.
  public static func parse(_ headers: some Sequence<String>) -> [AuthenticationChallenge] {
    headers.prefix(maximumCount).flatMap { ChallengeReader($0).challenges() }.prefix(maximumCount).map { $0 }
  }
}

/// Reads one header value. Every step moves forward, so its time is bounded by the length.
private struct ChallengeReader {
  private let bytes: [UInt8]
  private var index = 0

  init(_ text: String) { bytes = Array(text.utf8.prefix(AuthenticationChallenge.maximumCharacters)) }

  consuming func challenges() -> [AuthenticationChallenge] {
    var reader = self
    var challenges: [AuthenticationChallenge] = []
    while challenges.count < AuthenticationChallenge.maximumCount {
      reader.skipSeparators()
      guard let scheme = reader.token() else { break }
      guard let parameters = reader.parameters() else { break }
      // A parameter that comes twice has no meaning: the challenge is left out, the next one may be fine.
      if let parameters = parameters.single {
        challenges.append(AuthenticationChallenge(scheme: scheme.lowercased(), parameters: parameters))
      }
    }
    return challenges
  }

  /// The parameters of the challenge at hand; nil where they cannot be read.
  private mutating func parameters() -> [(String, String)]? {
    var found: [(String, String)] = []
    guard index < bytes.count, bytes[index] != UInt8(ascii: ",") else { return found }
    guard isSpace else { return nil }
    skipSpaces()
    if skipToken68() { return found }
    while found.count < AuthenticationChallenge.maximumCount {
      let start = index
      skipSeparators()
      guard let name = token(), skipEquals() else {
        // What is not `name=` begins the next challenge.
        index = start
        return found
      }
      let isQuoted = index < bytes.count && bytes[index] == UInt8(ascii: "\"")
      guard let value = isQuoted ? quoted() : token() else { return nil }
      found.append((name.lowercased(), value))
      skipSpaces()
      guard index == bytes.count || bytes[index] == UInt8(ascii: ",") else { return nil }
    }
    return nil
  }

  /// Steps over credentials in one piece (`token68`), which schemes other than Bearer use.
  private mutating func skipToken68() -> Bool {
    let start = index
    while index < bytes.count, bytes[index] != UInt8(ascii: ","), !isSpace, bytes[index] != UInt8(ascii: "=") {
      guard HTTPToken.allows(bytes[index]) || bytes[index] == UInt8(ascii: "/") else { break }
      index += 1
    }
    while index < bytes.count, bytes[index] == UInt8(ascii: "=") { index += 1 }
    skipSpaces()
    if index > start, index == bytes.count || bytes[index] == UInt8(ascii: ",") { return true }
    index = start
    return false
  }

  private mutating func token() -> String? {
    let start = index
    while index < bytes.count, HTTPToken.allows(bytes[index]) { index += 1 }
    return index > start ? String(decoding: bytes[start..<index], as: UTF8.self) : nil
  }

  private mutating func quoted() -> String? {
    index += 1
    var text: [UInt8] = []
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard index < bytes.count else { return nil }
        text.append(bytes[index])
        index += 1
      default: text.append(byte)
      }
    }
    return nil
  }

  private mutating func skipEquals() -> Bool {
    skipSpaces()
    guard index < bytes.count, bytes[index] == UInt8(ascii: "=") else { return false }
    index += 1
    skipSpaces()
    return true
  }

  private var isSpace: Bool { index < bytes.count && (bytes[index] == 0x20 || bytes[index] == 0x09) }

  private mutating func skipSpaces() { while isSpace { index += 1 } }

  private mutating func skipSeparators() {
    while isSpace || (index < bytes.count && bytes[index] == UInt8(ascii: ",")) { index += 1 }
  }
}

extension [(String, String)] {
  /// The pairs by name, or nil where a name comes twice.
  fileprivate var single: [String: String]? {
    let pairs = Dictionary(self, uniquingKeysWith: { first, _ in first })
    return pairs.count == count ? pairs : nil
  }
}
