/// One row of a result.
public struct PostgresRow: Sendable {
  let result: QueryResult
  let index: Int32

  /// The value of a column, converted.
  ///
  /// Ask for an optional type where the column may be NULL.
  /// - Throws: ``PostgresError/decoding(column:expected:found:)`` naming the column and the types, never the value.
  public func get<Value: PostgresDecodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
    guard let position = result.columns.index(of: column) else {
      throw PostgresError.decoding(column: column, expected: "\(type)", found: "no such column")
    }
    return try Value.decode(PostgresCell(result: result, row: index, column: position))
  }

  /// The value of a column by its position, from 0.
  public func get<Value: PostgresDecodable>(at position: Int, as type: Value.Type = Value.self) throws -> Value {
    guard result.columns.names.indices.contains(position) else {
      throw PostgresError.decoding(column: "\(position)", expected: "\(type)", found: "no such column")
    }
    return try Value.decode(PostgresCell(result: result, row: index, column: position))
  }

  /// The names of the columns, in order.
  public var columns: [String] { result.columns.names }
}

extension PostgresRow: CustomStringConvertible, CustomReflectable {
  /// The column names without the values.
  public var description: String { "PostgresRow(\(columns.joined(separator: ", ")))" }
  public var customMirror: Mirror { Mirror(self, children: ["columns": columns]) }
}
