import FoundationEssentials
import Model
import PostgreSQL

/// The rows of access and refresh tokens.
struct ClientTokenStore: Sendable {
  let database: PostgresClient

  enum Kind: String, Sendable { case access, refresh }

  /// A refresh token with what it is bound to.
  struct Refresh: Sendable {
    var id: ClientTokenID
    var isUsed: Bool
    var isOver: Bool
    var holder: ClientTokenHolder
  }

  /// Stores a token of an authorization; the database's clock decides when it ends.
  func insert(
    _ kind: Kind, _ hash: TokenHash, for holder: ClientTokenHolder, seconds: Int, in organization: OrganizationID,
    _ transaction: PostgresTransaction
  ) async throws -> Date {
    let rows = try await transaction.query(
      """
      INSERT INTO client_token (organization_id, client_token_id, kind, token_hash, user_id, api_key_id, \
      client_authorization_id, family, mcp_server_id, expires_at) \
      VALUES (\(organization), \(ClientTokenID.random()), \(kind), \(hash.bytes), \(holder.userId), \(holder.apiKeyId), \
      \(holder.authorizationId), \(holder.family), \(holder.target.mcpServerId?.rawValue), \
      now() + make_interval(secs => \(seconds)::double precision)) RETURNING expires_at
      """)
    guard let row = rows.first else { throw ServiceError(.internalError, "The token could not be stored.") }
    return try row.get("expires_at")
  }

  /// Whose the token with this hash is, of whichever kind and state.
  func owner(of hash: TokenHash) async throws -> ClientTokenOwner? {
    let rows = try await database.read(
      in: .credential(hash), "SELECT \(ClientTokenOwner.columns) FROM client_token WHERE token_hash = \(hash.bytes)")
    return try rows.first.map(ClientTokenOwner.init)
  }

  /// The refresh token with this hash, locked until the transaction ends; nil too when its person or the API key that
  /// vouched for them is gone.
  func lockRefresh(
    _ hash: TokenHash, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Refresh? {
    let rows = try await transaction.query(
      """
      SELECT x.client_token_id, x.used_at IS NOT NULL AS is_used, x.expires_at <= now() AS is_over, \
      \(ClientTokenHolder.columns) FROM client_token x \(ClientTokenHolder.joins) \
      WHERE x.organization_id = \(organization) AND x.token_hash = \(hash.bytes) AND x.kind = 'refresh' FOR UPDATE OF x
      """)
    return try rows.first.map { row in
      Refresh(
        id: try row.id("client_token_id"), isUsed: try row.get("is_used"), isOver: try row.get("is_over"),
        holder: try ClientTokenHolder(row))
    }
  }

  func use(_ id: ClientTokenID, in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      "UPDATE client_token SET used_at = now() WHERE organization_id = \(organization) AND client_token_id = \(id)")
  }

  /// The authorization behind an access or refresh token that is not over.
  func find(
    _ hash: TokenHash, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> ClientTokenHolder? {
    let rows = try await transaction.query(
      """
      SELECT \(ClientTokenHolder.columns) FROM client_token x \(ClientTokenHolder.joins) \
      WHERE x.organization_id = \(organization) AND x.token_hash = \(hash.bytes) AND x.expires_at > now()
      """)
    return try rows.first.map(ClientTokenHolder.init)
  }

  /// Ends everything that was made of one code. Returns how many tokens that were.
  func end(
    family: String, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Int {
    try await transaction.execute(
      "DELETE FROM client_token WHERE organization_id = \(organization) AND family = \(family)")
  }

  /// Clears away some whose time is over.
  func clearEnded(in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      DELETE FROM client_token WHERE organization_id = \(organization) AND client_token_id IN \
      (SELECT client_token_id FROM client_token WHERE organization_id = \(organization) AND expires_at < now() \
      LIMIT \(ClientLifetimes.clearedAtOnce) FOR UPDATE SKIP LOCKED)
      """)
  }
}
