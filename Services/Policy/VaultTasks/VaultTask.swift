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
  }

  var organizationId: OrganizationID
  var kind: Kind
  /// The id of the user or the Integration.
  var subject: String
  /// Who caused it, for the vault's audit rows.
  var actor: Actor
}
