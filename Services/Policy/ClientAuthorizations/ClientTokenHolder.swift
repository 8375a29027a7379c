import Model
import PostgreSQL

/// Whose a code or token is: as much as can be known before its organization is.
struct ClientTokenOwner: Sendable {
  static let columns: SQL = "organization_id, user_id, client_authorization_id"

  var organizationId: OrganizationID
  var userId: UserID
  /// Nil for what an agent runtime got.
  var authorizationId: ClientAuthorizationID?

  init(_ row: PostgresRow) throws {
    organizationId = try row.id("organization_id")
    userId = try row.id("user_id")
    authorizationId = try row.optionalId("client_authorization_id")
  }
}

/// The authorization behind a code or token, as long as its person and the API key that vouched for them, if one did, are
/// there.
struct ClientTokenHolder: Sendable {
  var authorizationId: ClientAuthorizationID
  var userId: UserID
  var apiKeyId: String?
  var clientId: String
  var target: ClientTokenTarget
  /// Names everything that was made of one code.
  var family: String

  static let columns: SQL = """
    x.family, a.client_authorization_id, a.user_id, a.api_key_id, a.client_id, a.mcp_server_id
    """

  /// Joins the authorization to a row named `x`.
  static let joins: SQL = """
    JOIN client_authorization a ON a.organization_id = x.organization_id \
    AND a.client_authorization_id = x.client_authorization_id \
    JOIN member m ON m.organization_id = a.organization_id AND m.user_id = a.user_id AND m.removed_at IS NULL \
    JOIN organization o ON o.organization_id = a.organization_id AND o.closed_at IS NULL AND (a.api_key_id IS NULL OR EXISTS \
    (SELECT FROM api_key k WHERE k.organization_id = a.organization_id AND k.api_key_id = a.api_key_id \
    AND k.revoked_at IS NULL))
    """

  init(_ row: PostgresRow) throws {
    authorizationId = try row.id("client_authorization_id")
    userId = try row.id("user_id")
    apiKeyId = try row.get("api_key_id")
    clientId = try row.get("client_id")
    target = ClientTokenTarget(mcpServerId: try row.optionalId("mcp_server_id"))
    family = try row.get("family")
  }
}
