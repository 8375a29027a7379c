import FoundationEssentials
import Model
import PostgreSQL

/// A thing that other processes must forget, before it has its place in the feed.
struct ChangeNotice: Sendable, Hashable {
  var kind: Change.Kind
  var subject: String?
}

/// The rows of the change feed.
struct ChangeStore: Sendable {
  /// Where readers are woken.
  static let channel: NotificationChannel = "policy_changes"

  let database: PostgresClient

  /// Puts notices into the feed as the last step of a transaction: from here to the commit every other change waits.
  func append(
    _ notices: [ChangeNotice], of organization: OrganizationID, in transaction: PostgresTransaction
  ) async throws {
    guard !notices.isEmpty else { return }
    let kinds = notices.map(\.kind.rawValue)
    let subjects = notices.map(\.subject)
    _ = try await transaction.query(
      """
      WITH head AS (UPDATE change_head SET last = last + \(notices.count) RETURNING last) \
      INSERT INTO change (sequence, organization_id, kind, subject) \
      SELECT head.last - \(notices.count) + n.position, \(organization), n.kind, n.subject \
      FROM head, unnest(\(kinds)::text[], \(subjects)::text[]) WITH ORDINALITY AS n (kind, subject, position)
      """)
    try await transaction.notify(Self.channel)
  }

  /// The newest sequence number.
  func last() async throws -> Int64 {
    try await database.read("SELECT last FROM change_head").first?.get("last") ?? 0
  }

  /// The changes after a sequence number, as one statement sees them.
  func page(after: Int64) async throws -> ChangePage {
    let rows = try await database.read(
      in: .changeFeed,
      """
      SELECT h.last, (SELECT min(sequence) FROM change) AS oldest, \
      c.sequence, c.organization_id, c.kind, c.subject \
      FROM change_head h LEFT JOIN LATERAL \
      (SELECT * FROM change WHERE sequence > \(after) ORDER BY sequence LIMIT \(PolicyLimits.changePage)) c ON true \
      ORDER BY c.sequence
      """)
    guard let first = rows.first else { return ChangePage(changes: [], last: 0, complete: after == 0) }
    let last: Int64 = try first.get("last")
    let oldest: Int64 = try first.get("oldest", as: Int64?.self) ?? last + 1
    // Asking beyond the end means that the reader knew another database, for example before a restore.
    guard after >= oldest - 1, after <= last else { return ChangePage(changes: [], last: last, complete: false) }
    let changes = try rows.compactMap { row -> Change? in
      guard let sequence = try row.get("sequence", as: Int64?.self) else { return nil }
      return Change(
        sequence: sequence, organizationId: try row.id("organization_id"), kind: try row.value("kind"),
        subject: try row.get("subject"))
    }
    return ChangePage(changes: changes, last: changes.last?.sequence ?? last, complete: true)
  }

  /// Forgets changes that no reader can still want.
  func clear(before: Date) async throws {
    try await database.execute(in: .changeFeed, "DELETE FROM change WHERE created_at < \(before)")
  }
}
