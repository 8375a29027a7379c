import FoundationEssentials
import Model
import PostgreSQL

/// The rows of the change feed.
struct ChangeStore: Sendable {
  /// Changes that one answer carries at most; a reader that is further behind asks again at once.
  static let pageSize = 500
  /// The feed tells our own processes about every organization: ids only.
  private static let context = SessionContext(setting: "lanyard.worker", value: "change-feed")

  let database: PostgresClient

  /// The newest sequence number.
  func last() async throws -> Int64 {
    try await database.read("SELECT last FROM change_head").first?.get("last") ?? 0
  }

  /// The changes after a sequence number, as one statement sees them.
  func page(after: Int64) async throws -> ChangePage {
    let rows = try await database.read(
      in: Self.context,
      """
      SELECT h.last, (SELECT min(sequence) FROM change) AS oldest, c.sequence, c.organization_id, c.kind, c.subject
      FROM change_head h LEFT JOIN LATERAL
        (SELECT * FROM change WHERE sequence > \(after) ORDER BY sequence LIMIT \(Self.pageSize)) c ON true
      ORDER BY c.sequence
      """)
    guard let first = rows.first else { return ChangePage(changes: [], last: 0, complete: after == 0) }
    let last: Int64 = try first.get("last")
    let oldest: Int64 = try first.get("oldest", as: Int64?.self) ?? last + 1
    // Asking beyond the end means that the reader knew another database, for example before a restore.
    guard after >= oldest - 1, after <= last else { return ChangePage(changes: [], last: last, complete: false) }
    let changes = try rows.compactMap(Self.change)
    return ChangePage(changes: changes, last: changes.last?.sequence ?? last, complete: true)
  }

  /// Forgets changes that no reader can still want.
  func clear(before: Date) async throws {
    try await database.execute(in: Self.context, "DELETE FROM change WHERE created_at < \(before)")
  }

  /// Nil for the row of an empty page, which carries the head alone.
  private static func change(_ row: PostgresRow) throws -> Change? {
    guard let sequence = try row.get("sequence", as: Int64?.self) else { return nil }
    return Change(
      sequence: sequence, organizationId: OrganizationID(rawValue: try row.get("organization_id")),
      kind: try Stored.value(of: "kind", in: row), subject: try row.get("subject"))
  }
}

extension PostgresTransaction {
  /// Tells gateways to forget what they hold, when the transaction commits.
  ///
  /// Make it the last statement: from here to the commit every other change waits.
  ///
  /// - Parameter subject: the id of what changed, where one thing changed.
  func publish(_ kind: Change.Kind, _ subject: String?, of organization: OrganizationID) async throws {
    try await query(
      """
      WITH head AS (UPDATE change_head SET last = last + 1 RETURNING last)
      INSERT INTO change (sequence, organization_id, kind, subject)
      SELECT head.last, \(organization.rawValue), \(kind.rawValue), \(subject) FROM head
      """)
    try await announce(.changes)
  }
}
