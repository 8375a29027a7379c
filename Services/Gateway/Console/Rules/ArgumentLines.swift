import Foundation
import Model

/// Conditions on arguments as lines of a form: a place, an operator and a value, such as `/to notEquals "team@example.com"`.
enum ArgumentLines {
  /// Operators that take a text, which then needs no quotes.
  private static let takesText: Set<String> = ["prefix", "pattern"]

  /// What stands in the rule's document. The rule's own reader judges the parts.
  ///
  /// - Throws: `invalid_request` for a line that has not all three.
  static func document(_ lines: [String]) throws -> JSONValue? {
    guard !lines.isEmpty else { return nil }
    return .array(
      try lines.enumerated().map { index, line in
        let parts = line.split(maxSplits: 2, omittingEmptySubsequences: true, whereSeparator: \.isWhitespace)
        guard parts.count == 3 else {
          throw ServiceError(
            .invalidRequest,
            "Arguments, line \(index + 1): write a place, an operator and a value, such as /amount greaterThan 100.")
        }
        let (test, text) = (String(parts[1]), String(parts[2].drop(while: \.isWhitespace)))
        return .object([
          "pointer": .string(String(parts[0])), "operator": .string(test), "value": value(text, of: test),
        ])
      })
  }

  static func line(_ condition: ArgumentCondition) -> String {
    let (name, value) = condition.test.parts
    return "\(condition.pointer.rawValue) \(name.rawValue) \(text(value))"
  }

  /// JSON as it is written; what is none is a text.
  private static func value(_ text: String, of test: String) -> JSONValue {
    let value = try? WireJSON.decode(JSONValue.self, from: Data(text.utf8))
    guard let value else { return .string(text) }
    if takesText.contains(test), case .string = value { return value }
    return takesText.contains(test) ? .string(text) : value
  }

  private static func text(_ value: JSONValue) -> String {
    (try? WireJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
