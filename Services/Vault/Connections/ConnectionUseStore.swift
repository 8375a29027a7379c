import Model
import PostgreSQL

/// The uses of a Connection, read from the audit rows.
struct ConnectionUseStore: Sendable {
  let database: PostgresClient

  /// A page of uses, newest first. The cursor is the number of the row in its organization's chain.
  func list(
    of id: ConnectionID, in organization: OrganizationID, _ page: PageRequest
  ) async throws -> Page<ConnectionUse> {
    let limit = try PageCursor.limit(page)
    var sql: SQL = """
      SELECT seq, id, occurred_at, action, actor_kind, actor_id, outcome FROM audit_entry
      WHERE organization_id = \(organization.rawValue) AND target_kind = 'connection' AND target_id = \(id.rawValue)
      """
    if let cursor = page.cursor {
      guard let before = Int64(cursor), before > 0 else { throw PageCursor.invalid }
      sql.append(" AND seq < \(before)")
    }
    sql.append(" ORDER BY seq DESC LIMIT \(limit + 1)")
    let rows = try await database.read(in: VaultSchema.context(organization.rawValue), sql)
    let items = try rows.prefix(limit).map { row in
      ConnectionUse(
        id: AuditEventID(rawValue: try row.get("id")), occurredAt: try row.get("occurred_at"),
        action: try row.get("action"),
        actor: Actor(kind: try Stored.value(of: "actor_kind", in: row), id: try row.get("actor_id")),
        outcome: try row.get("outcome"), sequence: try row.get("seq"))
    }
    let next: String? = rows.count > limit ? try rows[limit - 1].get("seq", as: Int64.self).description : nil
    return Page(items: items, nextCursor: next)
  }
}
