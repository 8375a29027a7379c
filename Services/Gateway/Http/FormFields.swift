import Foundation

/// The fields of an `application/x-www-form-urlencoded` body. Of a field that comes twice, the first counts.
struct FormFields: Sendable {
  private let values: [String: String]

  init(_ body: Data) {
    var values: [String: String] = [:]
    for pair in String(decoding: body, as: UTF8.self).split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decode(parts[0]), values[name] == nil else { continue }
      values[name] = parts.count > 1 ? Self.decode(parts[1]) : ""
    }
    self.values = values
  }

  var names: some Collection<String> { values.keys }

  subscript(_ name: String) -> String? { values[name] }

  private static func decode(_ text: Substring) -> String? {
    text.replacing("+", with: " ").removingPercentEncoding
  }
}
