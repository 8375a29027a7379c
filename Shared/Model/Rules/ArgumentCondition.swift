/// A condition on one argument of a tool call.
///
/// A pointer that leads nowhere makes it false for `allow` and true for `deny`, and so does a value that the operator
/// cannot judge, such as a number where a text is compared: what is not known to be harmless is not taken for it.
public struct ArgumentCondition: Hashable, Sendable {
  /// What the argument is held against. Texts are compared byte by byte, numbers by their value: `1` equals `1.0`.
  public enum Test: Hashable, Sendable {
    /// Nothing, a boolean, a number or a text.
    case equals(JSONValue)
    case notEquals(JSONValue)
    case oneOf([JSONValue])
    case prefix(String)
    case pattern(GlobPattern)
    case lessThan(JSONValue)
    case greaterThan(JSONValue)
  }

  public enum Operator: String, Codable, Sendable, CaseIterable {
    case equals, notEquals
    case oneOf = "in"
    case prefix, pattern, lessThan, greaterThan
  }

  /// A place inside the arguments.
  public var pointer: JSONPointer
  public var test: Test

  public init(pointer: JSONPointer, test: Test) {
    self.pointer = pointer
    self.test = test
  }
}

extension ArgumentCondition: Encodable {
  private enum CodingKeys: String, CodingKey { case pointer, `operator`, value }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(pointer, forKey: .pointer)
    let (name, value) = test.parts
    try container.encode(name, forKey: .operator)
    try container.encode(value, forKey: .value)
  }
}

extension ArgumentCondition.Test {
  /// The operator and the value, as they stand on the wire.
  public var parts: (name: ArgumentCondition.Operator, value: JSONValue) {
    switch self {
    case .equals(let value): (.equals, value)
    case .notEquals(let value): (.notEquals, value)
    case .oneOf(let values): (.oneOf, .array(values))
    case .prefix(let text): (.prefix, .string(text))
    case .pattern(let pattern): (.pattern, .string(pattern.rawValue))
    case .lessThan(let value): (.lessThan, value)
    case .greaterThan(let value): (.greaterThan, value)
    }
  }
}

extension RuleReader {
  mutating func argumentCondition(_ field: Field) -> ArgumentCondition? {
    guard let object = object(field, known: ["pointer", "operator", "value"]) else { return nil }
    let pointer = required("pointer", of: object) { $0.pointer($1) }
    let name = required("operator", of: object) { $0.choice($1, of: ArgumentCondition.Operator.self) }
    let test = required("value", of: object) { reader, value in name.flatMap { reader.test($0, value) } }
    guard let pointer, let test else { return nil }
    return ArgumentCondition(pointer: pointer, test: test)
  }

  private mutating func pointer(_ field: Field) -> JSONPointer? {
    guard let text = text(field, maximumBytes: RuleLimits.pointerBytes) else { return nil }
    guard let pointer = JSONPointer(text) else {
      report(field.place, "must be a JSON pointer (RFC 6901), for example /query")
      return nil
    }
    return pointer
  }

  private mutating func test(_ name: ArgumentCondition.Operator, _ field: Field) -> ArgumentCondition.Test? {
    switch name {
    case .equals: scalar(field).map { .equals($0) }
    case .notEquals: scalar(field).map { .notEquals($0) }
    case .oneOf: list(field) { $0.scalar($1) }.map { .oneOf($0) }
    case .prefix: text(field, maximumBytes: RuleLimits.valueBytes, isShown: false).map { .prefix($0) }
    case .pattern: pattern(field).map { .pattern($0) }
    case .lessThan: number(field).map { .lessThan($0) }
    case .greaterThan: number(field).map { .greaterThan($0) }
    }
  }

  /// Whole arrays and objects are not compared: a call may order and spell them in too many ways.
  private mutating func scalar(_ field: Field) -> JSONValue? {
    switch field.value {
    case .null, .bool, .integer, .number: return field.value
    case .string(let text) where text.utf8.count <= RuleLimits.valueBytes: return field.value
    case .string:
      report(field.place, "must have at most \(RuleLimits.valueBytes) bytes")
    case .array, .object:
      report(field.place, "must be a text, a number, a boolean or null")
    }
    return nil
  }

  private mutating func number(_ field: Field) -> JSONValue? {
    switch field.value {
    case .integer, .number: return field.value
    default:
      report(field.place, "must be a number")
      return nil
    }
  }
}
