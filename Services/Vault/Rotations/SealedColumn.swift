import Model
import PostgreSQL
import Sealing

/// The places of the database that hold values sealed under an organization's key. A rotation walks them in this order.
///
/// Each names its rows by one text that orders them, so that a walk can go on behind the last one.
enum SealedColumn: String, CaseIterable, Sendable {
  case secrets
  case connections
  case revocationTasks
  case flows

  /// A row with its value as it is stored.
  struct Row: Sendable {
    var key: String
    var address: RecordAddress
    var sealed: [UInt8]
  }

  /// The column that is walked after this one; nil after the last.
  var next: SealedColumn? {
    let all = Self.allCases
    return all.firstIndex(of: self).flatMap { $0 + 1 < all.count ? all[$0 + 1] : nil }
  }

  /// Rows behind a key whose value is under another version than the one wanted, locked; rows that somebody else holds are left out.
  func rows(
    after key: String, otherThan version: UInt32, limit: Int, in organization: String, transaction: PostgresTransaction
  ) async throws -> [Row] {
    let sql: SQL = """
      SELECT \(self.key) AS key, \(parts) FROM \(table) r
      WHERE r.organization_id = \(organization) AND \(self.key) > \(key) AND \(isUnderAnother(version))
      ORDER BY \(self.key) LIMIT \(limit) FOR UPDATE SKIP LOCKED
      """
    return try await transaction.query(sql).map { row in
      Row(
        key: try row.get("key"), address: try address(row, in: organization), sealed: try row.get("sealed"))
    }
  }

  /// Puts values in the place of those that ``rows(after:otherThan:limit:in:transaction:)`` has locked.
  func replace(
    _ rows: [(key: String, sealed: [UInt8])], in organization: String, transaction: PostgresTransaction
  ) async throws {
    guard !rows.isEmpty else { return }
    let new: SQL = """
      unnest(\(rows.map(\.key))::text[], \(rows.map(\.sealed))::bytea[]) AS new (key, sealed)
      WHERE r.organization_id = \(organization) AND \(key) = new.key
      """
    switch self {
    case .secrets: try await transaction.query("UPDATE organization_secret r SET sealed_value = new.sealed FROM \(new)")
    case .connections: try await transaction.query("UPDATE connection r SET sealed_tokens = new.sealed FROM \(new)")
    case .revocationTasks:
      try await transaction.query("UPDATE revocation_task r SET sealed_tokens = new.sealed FROM \(new)")
    case .flows: try await transaction.query("UPDATE flow r SET sealed_transaction = new.sealed FROM \(new)")
    }
  }

  /// How many values are under another version than the one wanted.
  func count(otherThan version: UInt32, in organization: String, transaction: PostgresTransaction) async throws -> Int64
  {
    let rows = try await transaction.query(
      """
      SELECT count(*) AS found FROM \(table) r
      WHERE r.organization_id = \(organization) AND \(isUnderAnother(version))
      """)
    return try rows.first?.get("found") ?? 0
  }

  private var table: SQL {
    switch self {
    case .secrets: "organization_secret"
    case .connections: "connection"
    case .revocationTasks: "revocation_task"
    case .flows: "flow"
    }
  }

  private var column: SQL {
    switch self {
    case .secrets: "r.sealed_value"
    case .connections, .revocationTasks: "r.sealed_tokens"
    case .flows: "r.sealed_transaction"
    }
  }

  private var key: SQL {
    switch self {
    case .secrets: "(r.kind || ' ' || r.owner_id || ' ' || r.version)"
    case .connections, .flows: "r.id"
    case .revocationTasks: "r.connection_id"
    }
  }

  /// What ``address(_:in:)`` reads.
  private var parts: SQL {
    switch self {
    case .secrets: "r.kind AS kind, r.owner_id AS record, r.version AS version, r.sealed_value AS sealed"
    case .connections: "r.id AS record, r.generation AS version, r.sealed_tokens AS sealed"
    case .revocationTasks: "r.connection_id AS record, r.token_generation AS version, r.sealed_tokens AS sealed"
    case .flows: "r.id AS record, r.transactions AS version, r.sealed_transaction AS sealed"
    }
  }

  private func address(_ row: PostgresRow, in organization: String) throws -> RecordAddress {
    let record: String = try row.get("record")
    let version: Int64 = try row.get("version")
    switch self {
    case .secrets:
      return .secret(
        of: record, kind: try Stored.value(of: "kind", in: row), organization: organization, version: version)
    case .connections, .revocationTasks:
      return .tokens(of: record, organization: organization, generation: version)
    case .flows: return .transaction(of: record, organization: organization, number: version)
    }
  }

  /// Reads the version from the header of the value, without opening it. A row without a value does not count.
  private func isUnderAnother(_ version: UInt32) -> SQL {
    "substring(\(column) FROM 4 FOR 4) <> \(withUnsafeBytes(of: version.bigEndian) { Array($0) })"
  }
}
