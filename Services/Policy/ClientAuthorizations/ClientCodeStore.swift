import FoundationEssentials
import Model
import PostgreSQL

/// The rows of authorization codes.
struct ClientCodeStore: Sendable {
  let database: PostgresClient

  /// A code as it is issued.
  struct New: Sendable {
    var hash: TokenHash
    var authorizationId: ClientAuthorizationID
    var userId: UserID
    var redirectUri: String
    var codeChallenge: String
    var family: String
  }

  /// A code with what it is bound to.
  struct Found: Sendable {
    var redirectUri: String
    var codeChallenge: String
    var isUsed: Bool
    var isOver: Bool
    var holder: ClientTokenHolder
  }

  /// Stores a code; the database's clock decides when it ends.
  func insert(
    _ code: New, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Date {
    let rows = try await transaction.query(
      """
      INSERT INTO client_code (organization_id, code_hash, client_authorization_id, user_id, redirect_uri, code_challenge, \
      family, expires_at) VALUES (\(organization), \(code.hash.bytes), \(code.authorizationId), \(code.userId), \
      \(code.redirectUri), \(code.codeChallenge), \(code.family), \
      now() + make_interval(secs => \(ClientLifetimes.code)::double precision)) RETURNING expires_at
      """)
    guard let row = rows.first else { throw ServiceError(.internalError, "The code could not be stored.") }
    return try row.get("expires_at")
  }

  /// Whose the code with this hash is, whatever state it is in.
  func owner(of hash: TokenHash) async throws -> ClientTokenOwner? {
    let rows = try await database.read(
      in: .credential(hash), "SELECT \(ClientTokenOwner.columns) FROM client_code WHERE code_hash = \(hash.bytes)")
    return try rows.first.map(ClientTokenOwner.init)
  }

  /// The code with this hash, locked until the transaction ends; nil too when its person or the API key that vouched for
  /// them is gone.
  func lock(
    _ hash: TokenHash, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Found? {
    let rows = try await transaction.query(
      """
      SELECT x.redirect_uri AS code_redirect_uri, x.code_challenge, x.used_at IS NOT NULL AS is_used, \
      x.expires_at <= now() AS is_over, \(ClientTokenHolder.columns) FROM client_code x \(ClientTokenHolder.joins) \
      WHERE x.organization_id = \(organization) AND x.code_hash = \(hash.bytes) FOR UPDATE OF x
      """)
    return try rows.first.map { row in
      Found(
        redirectUri: try row.get("code_redirect_uri"), codeChallenge: try row.get("code_challenge"),
        isUsed: try row.get("is_used"), isOver: try row.get("is_over"), holder: try ClientTokenHolder(row))
    }
  }

  func use(_ hash: TokenHash, in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      "UPDATE client_code SET used_at = now() WHERE organization_id = \(organization) AND code_hash = \(hash.bytes)")
  }

  /// Clears away some that nobody can show again.
  func clearEnded(in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      DELETE FROM client_code WHERE organization_id = \(organization) AND code_hash IN \
      (SELECT code_hash FROM client_code WHERE organization_id = \(organization) \
      AND expires_at < now() - make_interval(secs => \(ClientLifetimes.usedCode)::double precision) \
      LIMIT \(ClientLifetimes.clearedAtOnce) FOR UPDATE SKIP LOCKED)
      """)
  }
}
