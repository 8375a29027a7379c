import Model

/// Something that the vault has still to be told.
struct VaultTask: Sendable, Hashable {
  enum Kind: String, Sendable {
    /// Destroy every version of an Integration's client secret.
    case destroySecret
    /// Revoke the Connections of a removed user.
    case revokeUser
    /// Revoke the Connections of a deleted Integration.
    case revokeIntegration
    /// Destroy every version of an MCP server's static token.
    case destroyStaticToken
    /// Revoke the Connections of a deleted MCP server.
    case revokeServer
    /// Destroy the secret of a webhook.
    case destroyWebhookSecret
  }

  var organizationId: OrganizationID
  var kind: Kind
  /// The id of the user, the Integration, the MCP server or the webhook.
  var subject: String
  /// Who caused it, for the vault's audit rows.
  var actor: Actor
}
