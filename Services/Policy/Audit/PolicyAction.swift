import Model

/// Everything that the policy service writes into the audit trail, as the dotted texts that owners filter by.
enum PolicyAction: String, CaseIterable, Sendable {
  case organizationCreated = "organization.created"
  /// An operator ended everything that could be done in its name.
  case organizationClosed = "organization.closed"
  case apiKeyCreated = "api-key.created"
  case sessionCreated = "session.created"
  case sessionEnded = "session.ended"
  case signInLinkCreated = "sign-in-link.created"
  case personSignedIn = "person.signed-in"
  case personSignedOut = "person.signed-out"
  /// The identity provider sent somebody back, and nobody was signed in.
  case signInRefused = "sign-in.refused"
  case identityProviderChanged = "identity-provider.changed"
  case identityProviderDeleted = "identity-provider.deleted"
  /// The host's page brought its person to the connect page.
  case personHandedOver = "person.handed-over"
  case clientAuthorized = "client.authorized"
  case clientRevoked = "client.revoked"
  case clientTokenIssued = "client.token.issued"
  case clientTokenRevoked = "client.token.revoked"
  /// A code or refresh token was shown a second time.
  case clientTokenReused = "client.token.reused"
  case runtimeTokensIssued = "runtime.tokens.issued"
  case userCreated = "user.created"
  case userChanged = "user.changed"
  case userRemoved = "user.removed"
  case userReadmitted = "user.readmitted"
  case userRevocationStarted = "user.revocation.started"
  case integrationCreated = "integration.created"
  case integrationChanged = "integration.changed"
  case integrationSecretRotated = "integration.secret.rotated"
  case integrationSecretDestroyed = "integration.secret.destroyed"
  case integrationDeleted = "integration.deleted"
  case integrationRevocationStarted = "integration.revocation.started"
  case integrationCheckAuthorized = "integration.check.authorized"
  case applicationSeen = "application.seen"
  case applicationChanged = "application.changed"
  case mcpServerCreated = "mcp-server.created"
  case mcpServerChanged = "mcp-server.changed"
  /// An owner took what the server says about its authorization now.
  case mcpServerDiscovered = "mcp-server.discovered"
  /// It names another authorization server: nothing is sent to it any more.
  case mcpServerIssuerChanged = "mcp-server.issuer.changed"
  case mcpServerDeleted = "mcp-server.deleted"
  case mcpServerTokenDestroyed = "mcp-server.token.destroyed"
  case mcpServerRevocationStarted = "mcp-server.revocation.started"
  /// What a server says about its tools is not what it said before.
  case toolsChanged = "mcp-server.tools.changed"
  case toolApproved = "mcp-server.tool.approved"
  case toolBlocked = "mcp-server.tool.blocked"
  /// Somebody called a tool, or tried to.
  case toolCalled = "mcp-server.tool.called"
  case charmCreated = "charm.created"
  case charmChanged = "charm.changed"
  case charmDeleted = "charm.deleted"
  case ruleCreated = "rule.created"
  case ruleChanged = "rule.changed"
  case ruleDeleted = "rule.deleted"
  /// The organization's own settings, such as what silence means.
  case organizationChanged = "organization.changed"
  /// Rules were asked about one call of a tool.
  case toolCallAllowed = "tool-call.allowed"
  case toolCallRefused = "tool-call.refused"
  case accessGranted = "access.granted"
  case accessRefused = "access.refused"
  case flowAuthorized = "flow.authorized"
  case flowRefused = "flow.refused"
  case webhookCreated = "webhook.created"
  case webhookChanged = "webhook.changed"
  case webhookDeleted = "webhook.deleted"
  case webhookSecretDestroyed = "webhook.secret.destroyed"
  case webhookReplayed = "webhook.replayed"
  /// A copy of the audit trail left. Committed before it does.
  case auditExported = "audit.exported"
  /// Someone without the role or the scope tried to configure the organization.
  case configurationRefused = "configuration.refused"
}

/// One thing that happened, without who did it. Never a secret.
struct AuditFact: Sendable {
  var action: PolicyAction
  var targetKind: String
  var targetId: String?
  var isRefusal = false
  var grant: GrantID?
  var application: ConnectionScope?
  /// Whose sign-in it came from, where nobody was known before it.
  var person: UserID?
  var details: [String: String] = [:]
}
