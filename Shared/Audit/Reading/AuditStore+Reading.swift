import FoundationEssentials
import Model
import PostgreSQL

extension AuditStore {
  /// Bytes of one condition: as long as the texts of entries get.
  private static let maximumConditionBytes = 1_024

  /// The entries that a filter lets through, newest first.
  static func newest(
    _ query: AuditQuery, of organization: OrganizationID, client: PostgresClient
  ) async throws -> [(row: AuditRow, position: AuditPosition)] {
    let filter = query.filter
    for text in [filter.actor, filter.action, filter.target].compactMap({ $0 }) {
      guard text.utf8.count <= maximumConditionBytes, !text.utf8.contains(0) else {
        throw ServiceError(.invalidRequest, "A condition of the filter is longer than \(maximumConditionBytes) bytes.")
      }
    }
    var sql = selection(of: organization)
    if let before = query.before { sql.append(" AND seq < \(before)") }
    if let actor = filter.actor {
      sql.append(" AND \(actor) IN (actor_id, actor_kind, user_id, charm_id, application_id, caller)")
    }
    if let action = filter.action {
      if action.hasSuffix("*") {
        sql.append(" AND starts_with(action, \(String(action.dropLast())))")
      } else {
        sql.append(" AND action = \(action)")
      }
    }
    if let target = filter.target { sql.append(" AND target_id = \(target)") }
    restrict(&sql, from: filter.from, to: filter.to)
    sql.append(" ORDER BY seq DESC LIMIT \(query.limit)")
    return try await read(sql, of: organization, client: client)
  }

  /// The entries after a number in their order.
  static func next(
    _ query: AuditExportQuery, of organization: OrganizationID, client: PostgresClient
  ) async throws -> [(row: AuditRow, position: AuditPosition)] {
    var sql = selection(of: organization)
    sql.append(" AND seq > \(query.after)")
    restrict(&sql, from: query.from, to: query.to)
    sql.append(" ORDER BY seq LIMIT \(AuditExportQuery.pageSize)")
    return try await read(sql, of: organization, client: client)
  }

  private static func selection(of organization: OrganizationID) -> SQL {
    """
    SELECT seq, id, action, actor_kind, actor_id, user_id, application_id, app_id, charm_id, caller, target_kind,
      target_id, outcome, grant_id, request_id, details::text AS details, hash,
      CASE WHEN isfinite(occurred_at) THEN (extract(epoch FROM occurred_at) * 1000000)::bigint END AS occurred
    FROM audit_entry WHERE organization_id = \(organization.rawValue)
    """
  }

  private static func restrict(_ sql: inout SQL, from: Date?, to: Date?) {
    if let from { sql.append(" AND occurred_at >= \(from)") }
    if let to { sql.append(" AND occurred_at < \(to)") }
  }

  private static func read(
    _ sql: SQL, of organization: OrganizationID, client: PostgresClient
  ) async throws -> [(row: AuditRow, position: AuditPosition)] {
    let context = SessionContext(setting: "lanyard.organization", value: organization.rawValue)
    return try await client.read(in: context, sql).map { row in
      let position = AuditPosition(sequence: try row.get("seq"), hash: try row.get("hash"))
      return (try AuditRow(row, chain: organization.rawValue), position)
    }
  }
}
