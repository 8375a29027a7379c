import Foundation
import Model
import PostgreSQL

/// Reading and writing of values that a column holds in another form.
enum Stored {
  /// An enumeration by its text.
  static func value<Value: RawRepresentable>(
    of column: String, in row: PostgresRow
  ) throws -> Value where Value.RawValue == String {
    guard let value = Value(rawValue: try row.get(column)) else {
      throw PostgresError.decoding(column: column, expected: "\(Value.self)", found: "another text")
    }
    return value
  }

  /// An enumeration by its text, or NULL.
  static func optionalValue<Value: RawRepresentable>(
    of column: String, in row: PostgresRow
  ) throws -> Value? where Value.RawValue == String {
    try row.get(column, as: String?.self) == nil ? nil : try value(of: column, in: row)
  }

  /// A JSON document.
  static func json<Value: Decodable>(of column: String, in row: PostgresRow) throws -> Value {
    let text: String = try row.get(column)
    do {
      return try WireJSON.decode(Value.self, from: Data(text.utf8))
    } catch {
      // The decoder's own error would quote the document.
      throw PostgresError.decoding(column: column, expected: "\(Value.self)", found: "another document")
    }
  }

  /// The value of a JSON document that this service wrote.
  static func value<Value: Decodable>(_ text: String) throws -> Value {
    try WireJSON.decode(Value.self, from: Data(text.utf8))
  }

  /// The text of a JSON document, to be bound with a cast to `jsonb`.
  static func text(_ value: some Encodable) throws -> String {
    String(decoding: try WireJSON.encode(value), as: UTF8.self)
  }
}
