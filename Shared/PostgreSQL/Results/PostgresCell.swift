/// One value as the server sent it, in PostgreSQL's binary format.
public struct PostgresCell: Sendable {
  let result: QueryResult
  let row: Int32
  let column: Int

  /// The name of the column.
  public var name: String { result.columns.names[column] }
  public var type: PostgresType { result.columns.types[column] }

  public var isNull: Bool {
    result.withValue(row: row, column: Int32(column)) { $0 == nil }
  }

  /// The bytes. They are gone when `body` returns.
  /// - Throws: ``PostgresError/decoding(column:expected:found:)`` when the value is NULL.
  public func withBytes<Value>(
    as expected: Any.Type, _ body: (UnsafeRawBufferPointer) throws -> Value
  ) throws -> Value {
    try result.withValue(row: row, column: Int32(column)) { bytes in
      guard let bytes else { throw failure(expected, found: "NULL") }
      return try body(bytes)
    }
  }

  /// The error for a value that is not `expected`.
  ///
  /// - Parameter found: What is there instead, without its value; the column's type when nil.
  public func failure(_ expected: Any.Type, found: String? = nil) -> PostgresError {
    .decoding(column: name, expected: "\(expected)", found: found ?? "type \(type.rawValue)")
  }
}
