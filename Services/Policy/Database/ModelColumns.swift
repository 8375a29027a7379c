import FoundationEssentials
import Model
import PostgreSQL

extension SQL.Interpolation {
  /// Binds an identifier or another value that is stored as its text.
  mutating func appendInterpolation<Value: RawRepresentable>(_ value: Value) where Value.RawValue == String {
    appendInterpolation(value.rawValue)
  }
}

extension WireJSON {
  /// The text of a value for a JSON column.
  static func text(_ value: some Encodable) throws -> String { String(decoding: try encode(value), as: UTF8.self) }
}

extension PostgresRow {
  /// An identifier from a text column.
  func id<Kind>(_ column: String, as kind: Kind.Type = Kind.self) throws -> Identifier<Kind> {
    Identifier(rawValue: try get(column, as: String.self))
  }

  /// An identifier from a text column that may be NULL.
  func optionalId<Kind>(_ column: String, as kind: Kind.Type = Kind.self) throws -> Identifier<Kind>? {
    guard let text = try get(column, as: String?.self) else { return nil }
    return Identifier(rawValue: text)
  }

  /// A value that is stored as its text.
  func value<Value: RawRepresentable>(_ column: String, as type: Value.Type = Value.self) throws -> Value
  where Value.RawValue == String {
    guard let value = Value(rawValue: try get(column, as: String.self)) else {
      throw UnknownColumnValue(column: column)
    }
    return value
  }

  /// A value from a JSON column.
  func json<Value: Decodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
    try WireJSON.decode(Value.self, from: Data(try get(column, as: String.self).utf8))
  }

  /// A value from a JSON column that may be NULL.
  func optionalJSON<Value: Decodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value? {
    guard let text = try get(column, as: String?.self) else { return nil }
    return try WireJSON.decode(Value.self, from: Data(text.utf8))
  }
}

/// A row holds a word that this version does not know.
struct UnknownColumnValue: Error {
  let column: String
}
