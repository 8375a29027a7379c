import FoundationEssentials
import Model
import PostgreSQL

/// The rows of what people agreed to. A revoked authorization has none.
struct ClientAuthorizationStore: Sendable {
  let database: PostgresClient

  /// An authorization as a person gives it.
  struct New: Sendable {
    var userId: UserID
    var apiKeyId: String?
    var request: ClientRequest
    /// The redirect URI without the port that does not count.
    var lastingRedirectUri: String
    var clientName: String
    var isRemembered: Bool
  }

  private static let columns: SQL = """
    client_authorization_id, client_id, client_name, redirect_uri, mcp_server_id, created_at, last_used_at
    """

  /// Stores an authorization, or finds the one that the person gave before to the same client for the same thing.
  func upsert(
    _ new: New, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> (id: ClientAuthorizationID, isNew: Bool) {
    let rows = try await transaction.query(
      """
      INSERT INTO client_authorization (organization_id, client_authorization_id, user_id, api_key_id, client_id, \
      client_kind, client_name, redirect_uri, mcp_server_id, is_remembered, expires_at) \
      VALUES (\(organization), \(ClientAuthorizationID.random()), \(new.userId), \(new.apiKeyId), \
      \(new.request.clientId), \(new.request.kind), \(new.clientName), \(new.lastingRedirectUri), \
      \(new.request.mcpServerId?.rawValue), \(new.isRemembered), \
      now() + make_interval(secs => \(ClientLifetimes.code)::double precision)) \
      ON CONFLICT (organization_id, user_id, client_id, redirect_uri, coalesce(mcp_server_id, '')) \
      DO UPDATE SET client_name = excluded.client_name, api_key_id = excluded.api_key_id, \
      is_remembered = excluded.is_remembered, \
      expires_at = greatest(client_authorization.expires_at, excluded.expires_at) \
      RETURNING client_authorization_id, xmax = 0 AS is_new
      """)
    guard let row = rows.first else { throw ServiceError(.internalError, "The authorization could not be stored.") }
    return (try row.id("client_authorization_id"), try row.get("is_new"))
  }

  /// Whether the person need not be asked for this again.
  func isRemembered(
    _ request: ClientRequest, by user: UserID, in organization: OrganizationID
  ) async throws -> Bool {
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT 1 FROM client_authorization WHERE organization_id = \(organization) AND user_id = \(user) \
      AND client_id = \(request.clientId) AND redirect_uri = \(request.redirectUri) \
      AND coalesce(mcp_server_id, '') = \(request.mcpServerId?.rawValue ?? "") AND is_remembered
      """)
    return !rows.isEmpty
  }

  /// A page of a person's own, newest first, with one item more than the limit when there are more. What can do nothing any
  /// more is left out.
  func list(
    of user: UserID, in organization: OrganizationID, after cursor: PageCursor?, limit: Int
  ) async throws -> [ClientAuthorization] {
    let position: SQL = cursor.map { "AND (created_at, client_authorization_id) < (\($0.time), \($0.id))" } ?? ""
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT \(Self.columns) FROM client_authorization \
      WHERE organization_id = \(organization) AND user_id = \(user) AND (is_remembered OR expires_at > now()) \
      \(position) ORDER BY created_at DESC, client_authorization_id DESC LIMIT \(limit + 1)
      """)
    return try rows.map { row in
      ClientAuthorization(
        id: try row.id("client_authorization_id"), clientId: try row.get("client_id"),
        clientName: try row.get("client_name"), redirectUri: try row.get("redirect_uri"),
        mcpServerId: try row.optionalId("mcp_server_id"), createdAt: try row.get("created_at"),
        lastUsedAt: try row.get("last_used_at"))
    }
  }

  /// Holds an authorization until the transaction ends, before anything of it is touched. Whoever deletes it, or its server,
  /// takes the rows in the same order: server, authorization, codes and tokens. So nobody waits for each other.
  func hold(
    _ id: ClientAuthorizationID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      SELECT s.mcp_server_id FROM mcp_server s JOIN client_authorization a ON a.organization_id = s.organization_id \
      AND a.mcp_server_id = s.mcp_server_id \
      WHERE a.organization_id = \(organization) AND a.client_authorization_id = \(id) FOR KEY SHARE OF s
      """)
    try await transaction.query(
      """
      SELECT client_authorization_id FROM client_authorization \
      WHERE organization_id = \(organization) AND client_authorization_id = \(id) FOR UPDATE
      """)
  }

  /// Tokens were issued: it is in use for as long as the last of them.
  func use(
    _ id: ClientAuthorizationID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      UPDATE client_authorization SET last_used_at = now(), \
      expires_at = now() + make_interval(secs => \(ClientLifetimes.refreshToken)::double precision) \
      WHERE organization_id = \(organization) AND client_authorization_id = \(id)
      """)
  }

  /// Revokes a person's authorization with its codes and tokens. Returns false when they have none with this id.
  func revoke(
    _ id: ClientAuthorizationID, of user: UserID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Bool {
    let deleted = try await transaction.execute(
      """
      DELETE FROM client_authorization WHERE organization_id = \(organization) AND user_id = \(user) \
      AND client_authorization_id = \(id)
      """)
    return deleted > 0
  }

  /// Clears away some that can do nothing any more.
  func clearEnded(in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      DELETE FROM client_authorization WHERE organization_id = \(organization) AND client_authorization_id IN \
      (SELECT client_authorization_id FROM client_authorization WHERE organization_id = \(organization) \
      AND NOT is_remembered AND expires_at < now() LIMIT \(ClientLifetimes.clearedAtOnce) FOR UPDATE SKIP LOCKED)
      """)
  }
}
