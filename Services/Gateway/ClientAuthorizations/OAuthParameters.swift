import Foundation
import HTTPTypes
import Hummingbird
import Model

/// The parameters of an OAuth request, from a query or a form. None may come twice (RFC 6749 section 3.1); one without a value
/// counts as left out.
struct OAuthParameters: Sendable {
  /// Bytes of one value; no client comes near it.
  private static let maximumLength = 2_048

  private let values: [String: String]
  /// Named twice, or longer than anything that is meant seriously.
  let malformed: Set<String>

  /// - Parameter encoded: `application/x-www-form-urlencoded`.
  init(_ encoded: String) {
    var values: [String: String] = [:]
    var malformed: Set<String> = []
    for pair in encoded.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = Self.decode(parts[0]) ?? ""
      guard let value = parts.count > 1 ? Self.decode(parts[1]) : "", values[name] == nil,
        value.utf8.count <= Self.maximumLength
      else {
        malformed.insert(name)
        continue
      }
      values[name] = value
    }
    self.values = values
    self.malformed = malformed
  }

  /// Nil too for one that is malformed.
  subscript(_ name: String) -> String? {
    guard !malformed.contains(name), let value = values[name], !value.isEmpty else { return nil }
    return value
  }

  private static func decode(_ text: Substring) -> String? {
    text.replacing("+", with: " ").removingPercentEncoding
  }

  /// Writes parameters so that they can stand in any query.
  static func encode(_ parameters: [(name: String, value: String?)]) -> String {
    parameters.compactMap { name, value in value.map { "\(name)=\(escape($0))" } }.joined(separator: "&")
  }

  private static func escape(_ text: String) -> String {
    var escaped = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: "~"):
        escaped.unicodeScalars.append(Unicode.Scalar(byte))
      default: escaped += byte < 16 ? "%0\(String(byte, radix: 16))" : "%\(String(byte, radix: 16))"
      }
    }
    return escaped
  }
}
