import FoundationEssentials
import Model
import PostgreSQL

/// Finds callers by the hashes of their credentials.
struct CredentialStore: Sendable {
  let database: PostgresClient

  /// A live credential, before its organization and its user are looked at.
  struct Record: Sendable {
    var credential: Caller.Credential
    var id: String
    var organizationId: OrganizationID
    /// The API key that the credential is, or that vouched for it; nil where an identity provider did.
    var apiKeyId: String?
    var userId: UserID?
    var role: Role
    var charmId: String?
    var scopes: [String]
    var expiresAt: Date?
    /// Of an MCP client's token.
    var mcpServerId: MCPServerID?
    /// Of an MCP client's token that a person agreed to.
    var clientAuthorizationId: ClientAuthorizationID?
    /// Of a browser's session: when its person proved themselves.
    var authenticatedAt: Date?
  }

  /// The organization and the person behind a credential.
  struct Holder: Sendable {
    var organizationName: String
    var user: Caller.User?
    var role: Role?
    var groups: [String]
  }

  /// The credential with this hash unless it has ended, was revoked or is unknown.
  func find(_ hash: TokenHash) async throws -> Record? {
    let rows = try await database.read(
      in: .credential(hash),
      """
      SELECT 'apiKey' AS credential, api_key_id AS id, organization_id, api_key_id, NULL::text AS user_id, \
      'owner' AS role, NULL::text AS charm_id, scopes, expires_at, NULL::text AS mcp_server_id, \
      NULL::text AS client_authorization_id, NULL::timestamptz AS authenticated_at \
      FROM api_key WHERE token_hash = \(hash.bytes) AND revoked_at IS NULL \
      AND (expires_at IS NULL OR expires_at > now()) \
      UNION ALL \
      SELECT 'session', session_id, organization_id, api_key_id, user_id, role, charm_id, '{}', expires_at, NULL, NULL, NULL \
      FROM session WHERE token_hash = \(hash.bytes) AND ended_at IS NULL AND expires_at > now() \
      UNION ALL \
      SELECT 'consoleSession', browser_session_id, organization_id, api_key_id, user_id, role, NULL, '{}', expires_at, \
      NULL, NULL, authenticated_at \
      FROM browser_session WHERE token_hash = \(hash.bytes) AND purpose = 'signIn' AND idle_expires_at > now() \
      UNION ALL \
      SELECT 'clientToken', client_token_id, organization_id, api_key_id, user_id, 'member', charm_id, '{}', \
      expires_at, mcp_server_id, client_authorization_id, NULL \
      FROM client_token WHERE token_hash = \(hash.bytes) AND kind IN ('access', 'runtime') AND expires_at > now()
      """)
    return try rows.first.map { row in
      Record(
        credential: try row.value("credential"), id: try row.get("id"), organizationId: try row.id("organization_id"),
        apiKeyId: try row.get("api_key_id"), userId: try row.optionalId("user_id"), role: try row.value("role"),
        charmId: try row.get("charm_id"), scopes: try row.get("scopes"), expiresAt: try row.get("expires_at"),
        mcpServerId: try row.optionalId("mcp_server_id"),
        clientAuthorizationId: try row.optionalId("client_authorization_id"),
        authenticatedAt: try row.get("authenticated_at"))
    }
  }

  /// Who holds the credential, unless the member was removed, the API key behind a session was revoked or the organization was closed.
  func holder(of record: Record) async throws -> Holder? {
    let rows = try await database.read(
      in: .organization(record.organizationId),
      """
      SELECT o.name AS organization_name, m.user_id, m.external_id, m.email, m.name, m.role, m.groups \
      FROM organization o \
      LEFT JOIN api_key k ON k.organization_id = o.organization_id AND k.api_key_id = \(record.apiKeyId) \
      AND k.revoked_at IS NULL \
      LEFT JOIN member m ON m.organization_id = o.organization_id AND m.user_id = \(record.userId?.rawValue) \
      AND m.removed_at IS NULL \
      WHERE o.organization_id = \(record.organizationId) AND o.closed_at IS NULL \
      AND (k.api_key_id IS NOT NULL OR \(record.apiKeyId)::text IS NULL)
      """)
    guard let row = rows.first else { return nil }
    let name: String = try row.get("organization_name")
    guard record.userId != nil else { return Holder(organizationName: name, user: nil, role: nil, groups: []) }
    guard let userId: UserID = try row.optionalId("user_id") else { return nil }
    return Holder(
      organizationName: name,
      user: Caller.User(
        id: userId, externalId: try row.get("external_id"), email: try row.get("email"), name: try row.get("name")),
      role: try row.value("role"), groups: try row.get("groups"))
  }
}
