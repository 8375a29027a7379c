import FoundationEssentials
import Model
import PostgreSQL

/// The rows of sessions.
struct SessionStore: Sendable {
  /// A session as it is made.
  struct New: Sendable {
    var id: SessionID
    var userId: UserID
    var role: Role
    var charmId: String?
    var apiKeyId: String
    var hash: TokenHash
    var ttlSeconds: Int
  }

  /// Stores a session; the database's clock decides when it ends.
  func insert(
    _ session: New, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Date {
    let rows = try await transaction.query(
      """
      INSERT INTO session (organization_id, session_id, user_id, role, charm_id, token_hash, api_key_id, expires_at) \
      VALUES (\(organization), \(session.id), \(session.userId), \(session.role), \(session.charmId), \
      \(session.hash.bytes), \(session.apiKeyId), \
      now() + make_interval(secs => \(session.ttlSeconds)::double precision)) \
      RETURNING expires_at
      """)
    guard let row = rows.first else { throw ServiceError(.internalError, "The session could not be stored.") }
    return try row.get("expires_at")
  }

  /// Clears away some sessions that ended long ago.
  func clearEnded(in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      DELETE FROM session WHERE organization_id = \(organization) AND session_id IN \
      (SELECT session_id FROM session WHERE organization_id = \(organization) \
      AND expires_at < now() - make_interval(secs => \(PolicyLimits.endedSessionRetentionSeconds)::double precision) \
      ORDER BY expires_at LIMIT \(PolicyLimits.sessionsClearedAtOnce) FOR UPDATE SKIP LOCKED)
      """)
  }

  /// Whose session it is; nil when there is none alive with this id.
  func owner(
    of id: SessionID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> UserID? {
    let rows = try await transaction.query(
      """
      SELECT user_id FROM session WHERE organization_id = \(organization) AND session_id = \(id) \
      AND ended_at IS NULL AND expires_at > now() FOR UPDATE
      """)
    return try rows.first.map { try $0.id("user_id") }
  }

  /// Holds a live session until the transaction ends: what is made of it now ends with it. Returns the API key that
  /// vouched; nil when there is none alive with this id.
  func keepAlive(
    _ id: SessionID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> String? {
    let rows = try await transaction.query(
      """
      SELECT api_key_id FROM session WHERE organization_id = \(organization) AND session_id = \(id) \
      AND ended_at IS NULL AND expires_at > now() FOR SHARE
      """)
    return try rows.first.map { try $0.get("api_key_id") }
  }

  /// Ends a session and what was handed over from it.
  func end(_ id: SessionID, in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      "UPDATE session SET ended_at = now() WHERE organization_id = \(organization) AND session_id = \(id)")
    try await transaction.query(
      "DELETE FROM browser_session WHERE organization_id = \(organization) AND session_id = \(id)")
    try await transaction.query(
      "DELETE FROM client_token WHERE organization_id = \(organization) AND session_id = \(id)")
  }
}
