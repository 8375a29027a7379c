/// The fields of an `application/x-www-form-urlencoded` body or query.
///
/// A field without a value counts as absent, and a field must not come twice (RFC 6749 sections 3.1 and 3.2).
struct FormFields: Sendable {
  private let values: [String: [String]]

  static let empty = FormFields("")

  init(_ text: some StringProtocol) {
    var values: [String: [String]] = [:]
    for pair in text.utf8.split(separator: UInt8(ascii: "&")) {
      let halves = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let name = Self.decode(halves[0])
      let value = halves.count > 1 ? Self.decode(halves[1]) : ""
      if !name.isEmpty && !value.isEmpty { values[name, default: []].append(value) }
    }
    self.values = values
  }

  /// The first value of a field, or nil.
  subscript(_ name: String) -> String? { values[name]?.first }

  /// Every value of a field that may repeat, such as a check box.
  func all(_ name: String) -> [String] { values[name] ?? [] }

  /// The value of a field that must be there.
  func required(_ name: String) throws(OAuthError) -> String {
    guard let value = self[name] else { throw OAuthError(.invalidRequest, "The parameter \(name) is missing.") }
    return value
  }

  /// Refuses repeated parameters; only those in `repeatable` may come more than once.
  func checkSingle(except repeatable: Set<String> = ["resource"]) throws(OAuthError) {
    for (name, values) in values where values.count > 1 && !repeatable.contains(name) {
      throw OAuthError(.invalidRequest, "A parameter came more than once.")
    }
  }

  /// Percent decoding with `+` as a space. A malformed escape stays as it is.
  static func decode(_ text: some Collection<UInt8>) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      let byte = text[index]
      let next = text.index(after: index)
      if byte == UInt8(ascii: "%"), let end = text.index(next, offsetBy: 2, limitedBy: text.endIndex),
        let value = UInt8(String(decoding: text[next..<end], as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        index = end
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        index = next
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Percent encoding of everything but the unreserved characters of RFC 3986 section 2.3.
  static func encode(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        bytes.append(byte)
      default:
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// `name=value` pairs joined for a query or a form body.
  static func encode(_ pairs: [(String, String)]) -> String {
    pairs.map { "\(encode($0.0))=\(encode($0.1))" }.joined(separator: "&")
  }
}
