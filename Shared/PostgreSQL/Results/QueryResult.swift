import CLibPQ

/// A finished `PGresult`, read in place by the rows that refer to it and cleared with the last of them.
// @unchecked Sendable: after `PQgetResult` has returned it, nothing changes a PGresult; this class owns it alone, never
// hands the pointer out, only reads it, and clears it in `deinit`, when nobody can refer to it any more.
final class QueryResult: @unchecked Sendable {
  private let handle: OpaquePointer
  let columns: Columns
  let rowCount: Int

  init(_ handle: OpaquePointer, columns: Columns) {
    self.handle = handle
    self.columns = columns
    rowCount = Int(PQntuples(handle))
  }

  deinit { PQclear(handle) }

  var rows: [PostgresRow] { (0..<rowCount).map { PostgresRow(result: self, index: Int32($0)) } }

  /// Rows inserted, updated, deleted or selected, by the command tag.
  var affectedRows: Int { PQcmdTuples(handle).flatMap { Int(String(cString: $0)) } ?? 0 }

  /// The command tag, such as `COMMIT`.
  var commandTag: String { PQcmdStatus(handle).map { String(cString: $0) } ?? "" }

  /// The bytes of one value, or nil for NULL. The pointer lives as long as this object.
  func withValue<Result>(
    row: Int32, column: Int32, _ body: (UnsafeRawBufferPointer?) throws -> Result
  ) rethrows -> Result {
    // `body` runs while `self` is alive, and the memory belongs to the PGresult.
    try withExtendedLifetime(self) {
      guard PQgetisnull(handle, row, column) == 0 else { return try body(nil) }
      let length = Int(PQgetlength(handle, row, column))
      return try body(UnsafeRawBufferPointer(start: PQgetvalue(handle, row, column), count: length))
    }
  }
}

/// Names and types of a result's columns, read once per prepared statement.
final class Columns: Sendable {
  let names: [String]
  let types: [PostgresType]

  init(_ handle: OpaquePointer) {
    let count = PQnfields(handle)
    names = (0..<count).map { PQfname(handle, $0).map { String(cString: $0) } ?? "" }
    types = (0..<count).map { PostgresType(rawValue: PQftype(handle, $0)) }
  }

  func index(of name: String) -> Int? { names.firstIndex(of: name) }
}
