import FoundationEssentials
import Model
import PostgreSQL

/// Work that falls due without anyone asking for it. The table holds ids and times only, since it is read across organizations;
/// the work itself happens inside the organization that it names.
enum DueWork: String, CaseIterable, Sendable {
  case revocation
  case flowExpiry
  case flowRemoval
  /// The record is the organization itself.
  case keyRotation
  /// The record is the Integration whose previous client secret may go.
  case secretRetirement

  /// One piece: which record of which organization.
  struct Item: Sendable {
    var organization: String
    var recordId: String
  }

  /// The rows whose time has come, the longest overdue first. The statement's time is one that the index can be asked for; with a clock
  /// that moves meanwhile, every row that is not due would be looked at.
  var due: SQL {
    "FROM due_work WHERE kind = \(rawValue) AND due_at <= statement_timestamp() ORDER BY due_at"
  }

  /// The longest overdue pieces.
  func due(limit: Int, database: PostgresClient) async throws -> [Item] {
    try await database.read(
      "SELECT organization_id, record_id \(due) LIMIT \(limit)"
    ).map { Item(organization: try $0.get("organization_id"), recordId: try $0.get("record_id")) }
  }

  /// Puts a piece of work down, or moves it.
  func schedule(
    _ recordId: String, of organization: String, at due: Date, transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      INSERT INTO due_work (organization_id, kind, record_id, due_at)
      VALUES (\(organization), \(rawValue), \(recordId), \(due))
      ON CONFLICT (organization_id, kind, record_id) DO UPDATE SET due_at = excluded.due_at
      """)
  }

  func cancel(_ recordId: String, of organization: String, transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      DELETE FROM due_work
      WHERE organization_id = \(organization) AND kind = \(rawValue) AND record_id = \(recordId)
      """)
  }
}
