import FoundationEssentials
import Model
import PostgreSQL

/// The rows of browsers' sessions. One that has ended has none, or one whose idle time is over.
struct BrowserSessionStore: Sendable {
  let database: PostgresClient

  /// A session as it begins.
  struct New: Sendable {
    var id: BrowserSessionID
    var userId: UserID
    var role: Role
    var purpose: BrowserSessionPurpose
    /// The API key that vouched for the person; nil where the identity provider did.
    var apiKeyId: String?
    /// The session that handed over.
    var sessionId: String?
    var hash: TokenHash
    var seconds: Int
    var idleSeconds: Int
    /// When the person proved themselves; nil when nobody said.
    var authenticatedAt: Date?
  }

  /// A live session.
  struct Found: Sendable {
    var purpose: BrowserSessionPurpose
    var record: CredentialStore.Record
  }

  /// Stores a session; the database's clock decides when it ends.
  func insert(
    _ session: New, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Date {
    let rows = try await transaction.query(
      """
      INSERT INTO browser_session (organization_id, browser_session_id, user_id, role, purpose, token_hash, api_key_id, \
      session_id, authenticated_at, idle_expires_at, expires_at) \
      VALUES (\(organization), \(session.id), \(session.userId), \(session.role), \(session.purpose), \
      \(session.hash.bytes), \(session.apiKeyId), \(session.sessionId), \(session.authenticatedAt), \
      now() + make_interval(secs => \(min(session.seconds, session.idleSeconds))::double precision), \
      now() + make_interval(secs => \(session.seconds)::double precision)) \
      RETURNING expires_at
      """)
    guard let row = rows.first else { throw ServiceError(.internalError, "The session could not be stored.") }
    return try row.get("expires_at")
  }

  /// Clears away some sessions whose time is over.
  func clearEnded(in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      DELETE FROM browser_session WHERE organization_id = \(organization) AND browser_session_id IN \
      (SELECT browser_session_id FROM browser_session WHERE organization_id = \(organization) \
      AND idle_expires_at < now() LIMIT \(PolicyLimits.sessionsClearedAtOnce) FOR UPDATE SKIP LOCKED)
      """)
  }

  /// The live session with this hash, for whichever purpose.
  func find(_ hash: TokenHash) async throws -> Found? {
    let rows = try await database.read(
      in: .credential(hash),
      """
      SELECT browser_session_id, organization_id, api_key_id, user_id, role, purpose, expires_at, \
      authenticated_at FROM browser_session WHERE token_hash = \(hash.bytes) AND idle_expires_at > now()
      """)
    return try rows.first.map { row in
      Found(
        purpose: try row.value("purpose"),
        record: CredentialStore.Record(
          credential: .consoleSession, id: try row.get("browser_session_id"),
          organizationId: try row.id("organization_id"), apiKeyId: try row.get("api_key_id"),
          userId: try row.id("user_id"), role: try row.value("role"), charmId: nil, scopes: [],
          expiresAt: try row.get("expires_at"), authenticatedAt: try row.get("authenticated_at")))
    }
  }

  /// Somebody is there: the idle time begins anew, unless it did so a moment ago.
  func touch(_ found: Found, idleSeconds: Int) async throws {
    try await database.execute(
      in: .organization(found.record.organizationId),
      """
      UPDATE browser_session \
      SET idle_expires_at = least(expires_at, now() + make_interval(secs => \(idleSeconds)::double precision)) \
      WHERE organization_id = \(found.record.organizationId) AND browser_session_id = \(found.record.id) \
      AND idle_expires_at > now() AND idle_expires_at < least(expires_at, now() + make_interval(secs => \
      \(idleSeconds - BrowserSessionSettings.idleLagSeconds)::double precision))
      """)
  }

  /// Ends the session with this hash. Returns its id; nil when there is none here.
  func end(
    _ hash: TokenHash?, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> BrowserSessionID? {
    guard let hash else { return nil }
    let rows = try await transaction.query(
      """
      DELETE FROM browser_session WHERE organization_id = \(organization) AND token_hash = \(hash.bytes) \
      RETURNING browser_session_id
      """)
    return try rows.first.map { try $0.id("browser_session_id") }
  }
}
