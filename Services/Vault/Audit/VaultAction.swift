/// Everything that the vault writes into the audit trail.
enum VaultAction: String, Sendable, CaseIterable {
  /// An access token left for the gateway. Committed before it leaves.
  case tokenReleased = "connection.token.released"
  /// A first consent made a Connection.
  case connectionCreated = "connection.created"
  /// A later consent for the same account replaced its tokens.
  case connectionReauthorized = "connection.reauthorized"
  case connectionMadeDefault = "connection.default.set"
  case connectionPaused = "connection.paused"
  case connectionResumed = "connection.resumed"
  /// Its tokens are unusable from here on; what becomes of them at the provider follows in `revocation.…`.
  case connectionRevoked = "connection.revoked"

  /// The refresh token left for the exchanger under a lease.
  case refreshBegun = "connection.refresh.begun"
  case refreshCommitted = "connection.refresh.committed"
  /// The lease had passed to somebody else: the tokens were not stored.
  case refreshSuperseded = "connection.refresh.superseded"
  case refreshFailed = "connection.refresh.failed"

  case flowCreated = "flow.created"
  case flowBegun = "flow.authorization.begun"
  case flowClaimed = "flow.authorization.claimed"
  /// Verifier and client secret left for the exchanger.
  case flowReleased = "flow.authorization.released"
  case flowCompleted = "flow.completed"
  case flowFailed = "flow.failed"

  case secretStored = "secret.stored"
  case secretDeleted = "secret.deleted"
  /// One version of a secret is gone: it was replaced twice, its end has come, or nothing has needed it for long.
  case secretDestroyed = "secret.destroyed"
  /// A client secret left for the exchanger, to check an Integration.
  case secretReleased = "secret.released"
  /// A static token left for the gateway, to call its MCP server. Committed before it leaves.
  case staticTokenReleased = "secret.token.released"

  case revocationBegun = "revocation.begun"
  /// Tokens left for the exchanger, to be revoked at the provider.
  case revocationClaimed = "revocation.claimed"
  case revocationFinished = "revocation.finished"

  /// The organization has a new key, and everything that is stored for it is being sealed under it.
  case organizationKeyRotationBegun = "organization.key.rotation.begun"
  /// Every value of the organization is under its newest key.
  case organizationKeyRotated = "organization.key.rotated"

  /// Every version of the organization's key is destroyed for good, and with them all that was sealed under them.
  case organizationKeysShredded = "organization.keys.shredded"

  /// A grant was not enough, or not a grant. At most a few a second and organization.
  case grantRefused = "grant.refused"
}
