import Model

/// A verified caller within one call: who asks, with what, through which of our services.
struct Principal: Sendable {
  var caller: Caller
  /// What an API key may be used for; nil for people.
  var keyScopes: Set<APIKeyScope>?
  /// The API key that the caller is, or that vouched for them; nil where an identity provider did.
  var apiKeyId: String?
  /// For an MCP client's token: what its person agreed to.
  var clientAuthorizationId: ClientAuthorizationID?
  /// The service that passed the call on.
  var service: ServiceName
  /// Names the request in logs and audit rows.
  var requestId: String

  var organizationId: OrganizationID { caller.organizationId }

  /// Whose doing it is: the host platform by its key, a Charm on a member's behalf, or the member.
  var actor: Actor {
    switch caller.credential {
    case .apiKey: Actor(kind: .hostPlatform, id: caller.credentialId)
    case .session, .consoleSession, .clientToken:
      caller.charmId.map { Actor(kind: .charm, id: $0) } ?? Actor(kind: .member, id: caller.user?.id.rawValue)
    }
  }

  /// Owners and admins configure, and API keys that are made for it.
  /// - Throws: `forbidden`.
  func requireConfiguration() throws {
    try require(.configuration)
    guard caller.role.mayConfigure else {
      throw ServiceError(.forbidden, "Only owners and admins of the organization may do this.")
    }
    guard caller.charmId == nil else {
      throw ServiceError(.forbidden, "A session that is bound to a Charm cannot configure the organization.")
    }
  }

  /// An MCP client's token opens the MCP endpoint that it was made for, and nothing else: no Application's Connections either.
  ///
  /// - Throws: `forbidden`.
  func requireReach(to access: MCPAccessRequest) throws {
    try requireReach(to: access.mcpServerId)
    guard caller.credential != .clientToken || access.application == nil else {
      throw ServiceError(.forbidden, "An MCP client cannot act as an Application.")
    }
  }

  /// - Parameter server: absent where every server is asked for.
  /// - Throws: `forbidden`.
  func requireReach(to server: MCPServerID?) throws {
    guard caller.credential == .clientToken, let own = caller.mcpServerId, own != server else { return }
    throw ServiceError(.forbidden, "The token was made for another MCP server.")
  }

  /// All that the MCP endpoint needs besides is to follow its own person's flows.
  ///
  /// - Throws: `forbidden`.
  func requireReach(to access: AccessRequest) throws {
    guard caller.credential == .clientToken, access.purposes != [.watch] else { return }
    throw ServiceError(.forbidden, "This token is for MCP servers only.")
  }

  /// Holds an API key to its scopes. Says nothing about people.
  /// - Throws: `forbidden`.
  func require(_ scope: APIKeyScope) throws {
    if let keyScopes, !keyScopes.contains(scope) {
      throw ServiceError(.forbidden, "The API key does not have the scope \"\(scope.rawValue)\".")
    }
  }
}
