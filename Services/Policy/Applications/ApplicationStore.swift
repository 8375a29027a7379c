import FoundationEssentials
import Model
import PostgreSQL

/// The Applications that organizations have seen.
struct ApplicationStore: Sendable {
  let database: PostgresClient

  /// One Application.
  func find(_ id: String, in organization: OrganizationID) async throws -> Application? {
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT application_id, app_ids, name, state, token_release, first_seen_at, last_seen_at FROM application \
      WHERE organization_id = \(organization) AND application_id = \(id)
      """)
    return try rows.first.map(Self.application)
  }

  /// A page of the organization's Applications, newest first, with one item more than the limit when there are more.
  func list(in organization: OrganizationID, after cursor: PageCursor?, limit: Int) async throws -> [Application] {
    let position: SQL = cursor.map { "AND (first_seen_at, application_id) < (\($0.time), \($0.id))" } ?? ""
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT application_id, app_ids, name, state, token_release, first_seen_at, last_seen_at FROM application \
      WHERE organization_id = \(organization) \(position) \
      ORDER BY first_seen_at DESC, application_id DESC LIMIT \(limit + 1)
      """)
    return try rows.map(Self.application)
  }

  /// Writes down that an Application was seen. A state that an owner has set stays.
  func see(
    _ description: ApplicationDescription, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Application {
    let appId = description.appId ?? description.id
    let rows = try await transaction.query(
      """
      INSERT INTO application (organization_id, application_id, app_ids, name, state) \
      VALUES (\(organization), \(description.id), \([appId]), \(description.name), 'allowed') \
      ON CONFLICT (organization_id, application_id) DO UPDATE SET last_seen_at = now(), \
      name = coalesce(excluded.name, application.name), \
      app_ids = CASE WHEN \(appId) = ANY (application.app_ids) \
      OR cardinality(application.app_ids) >= \(PolicyLimits.appIdCount) \
      THEN application.app_ids ELSE application.app_ids || excluded.app_ids END \
      RETURNING application_id, app_ids, name, state, token_release, first_seen_at, last_seen_at
      """)
    guard let row = rows.first else { throw ServiceError(.internalError, "The Application could not be stored.") }
    return try Self.application(row)
  }

  /// Changes what an owner decides; what is nil stays. Nil for an unknown Application.
  func set(
    _ update: UpdateApplication, of id: String, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Application? {
    let rows = try await transaction.query(
      """
      UPDATE application SET state = coalesce(\(update.state?.rawValue), state), \
      token_release = coalesce(\(update.tokenRelease?.rawValue), token_release) \
      WHERE organization_id = \(organization) AND application_id = \(id) \
      RETURNING application_id, app_ids, name, state, token_release, first_seen_at, last_seen_at
      """)
    return try rows.first.map(Self.application)
  }

  /// Those with a setting of their own, and those with the ids.
  func withSettings(
    or ids: [String], in organization: OrganizationID, isLocking: Bool, _ transaction: PostgresTransaction
  ) async throws -> [Application] {
    let lock: SQL = isLocking ? "FOR UPDATE" : ""
    return try await transaction.query(
      """
      SELECT application_id, app_ids, name, state, token_release, first_seen_at, last_seen_at FROM application \
      WHERE organization_id = \(organization) \
      AND (state <> 'allowed' OR token_release <> 'release' OR application_id = ANY (\(ids))) \
      ORDER BY application_id \(lock)
      """
    ).map(Self.application)
  }

  /// Settles what an owner decides about an Application, also before it was ever seen.
  func settle(
    _ application: Application, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      INSERT INTO application (organization_id, application_id, app_ids, state, token_release) \
      VALUES (\(organization), \(application.id), \([String]()), \(application.state), \(application.tokenRelease)) \
      ON CONFLICT (organization_id, application_id) DO UPDATE SET state = excluded.state, \
      token_release = excluded.token_release
      """)
  }

  private static func application(_ row: PostgresRow) throws -> Application {
    Application(
      id: try row.get("application_id"), appIds: try row.get("app_ids"), name: try row.get("name"),
      state: try row.value("state"), tokenRelease: try row.value("token_release"),
      firstSeenAt: try row.get("first_seen_at"), lastSeenAt: try row.get("last_seen_at"))
  }
}
