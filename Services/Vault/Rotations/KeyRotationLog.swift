import Model
package import PostgreSQL

/// Rotations as they stand and as they ended.
package struct KeyRotationLog: Sendable {
  private let database: PostgresClient

  package init(database: PostgresClient) { self.database = database }

  /// The latest rotation of each organization, newest first. As the owner role: a vault sees none.
  package func latest() async throws -> [KeyRotationProgress] {
    try await database.read(
      "SELECT \(KeyRotationProgress.columns) FROM key_rotation ORDER BY started_at DESC, organization_id"
    ).map(KeyRotationProgress.init)
  }

  func find(_ id: KeyRotationID, in organization: OrganizationID) async throws -> KeyRotationProgress? {
    try await database.read(
      in: VaultSchema.context(organization.rawValue),
      "SELECT \(KeyRotationProgress.columns) FROM (\(Self.all(of: organization))) every WHERE id = \(id.rawValue)"
    ).first.map(KeyRotationProgress.init)
  }

  /// A page of an organization's rotations, newest first.
  func list(_ page: PageRequest, in organization: OrganizationID) async throws -> Page<KeyRotationProgress> {
    let limit = try PageCursor.limit(page)
    var sql: SQL = "SELECT \(KeyRotationProgress.columns) FROM (\(Self.all(of: organization))) every"
    if let after = try PageCursor(page) { sql.append(" WHERE (started_at, id) < (\(after.time), \(after.id))") }
    sql.append(" ORDER BY started_at DESC, id DESC LIMIT \(limit + 1)")
    let found = try await database.read(in: VaultSchema.context(organization.rawValue), sql).map(
      KeyRotationProgress.init)
    let items = Array(found.prefix(limit))
    let next = found.count > limit ? items.last.map { PageCursor(time: $0.startedAt, id: $0.id) } : nil
    return Page(items: items, nextCursor: next?.text)
  }

  private static func all(of organization: OrganizationID) -> SQL {
    """
    SELECT \(KeyRotationProgress.columns) FROM key_rotation WHERE organization_id = \(organization.rawValue)
    UNION ALL
    SELECT id, organization_id, target_version, 'finished', pass, total, rewritten, unreadable, started_at, finished_at
    FROM key_rotation_ended WHERE organization_id = \(organization.rawValue)
    """
  }
}
