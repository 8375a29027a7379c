import HTTPTypes
import Model
import ServiceKit

/// What proves a call to an MCP server: the member's own token, the organization's, or nothing. The caller's own credential is never among them.
struct MCPCredential: Sendable {
  /// The header and its value; nil for a server without authentication.
  var header: (name: HTTPField.Name, value: Secret<String>)?
  /// Whose token it is, so that it can be refreshed or asked for again.
  var connection: Connection?

  /// Whether it carries the same token.
  func isSame(as other: MCPCredential) -> Bool {
    guard let mine = header?.value, let theirs = other.header?.value else {
      return header == nil && other.header == nil
    }
    return mine.expose { mine in theirs.expose { mine == $0 } }
  }
}

/// Gets credentials from the vault, each under the grant that the policy service gave for this server.
struct MCPCredentials: Sendable {
  enum Answer: Sendable {
    case credential(MCPCredential)
    /// The member must connect an account, or the one that they have again.
    case consent(again: Connection?)
    /// The member has several accounts and no default one.
    case selectAccount([Connection])
    /// It cannot be helped here; the sentence says what to do.
    case refused(String)
  }

  /// What an agent is told that nobody can pick an account for.
  static let severalAccounts =
    "Several accounts are connected for this server. Choose a default one under your connections."

  let peers: PeerClients
  let resolver: ConnectionResolver
  let leases: MCPLeases

  /// - Parameter isFresh: asks the vault although a token is held.
  func credential(
    for server: MCPServerAccess, _ identity: CallerIdentity, isFresh: Bool = false
  ) async throws -> Answer {
    guard let key = leases.key(server, identity), let grant = server.grant else {
      return try await released(server, identity)
    }
    if isFresh { leases.drop(key) }
    return try await leases.answer(key, until: grant.expiresAt, in: identity.caller.organizationId) {
      try await released(server, identity)
    }
  }

  /// What to go on with after the server refused a token.
  ///
  /// Somebody else may have replaced the token since it was released: then it is theirs. Otherwise a Connection is refreshed.
  func replacement(
    for refused: MCPCredential, at server: MCPServerAccess, _ identity: CallerIdentity
  ) async throws -> Answer {
    guard let key = leases.key(server, identity), let grant = server.grant else { return .refused(server.auth.refusal) }
    leases.drop(key, refused: refused)
    let current = try await credential(for: server, identity)
    guard case .credential(let credential) = current, credential.isSame(as: refused) else { return current }
    guard let connection = refused.connection else { return .refused(server.auth.refusal) }
    let access = try Self.access(server)
    try await resolver.refreshes.refresh(connection.id, force: true, under: access, for: identity.caller)
    leases.drop(key, refused: refused)
    let epoch = leases.cache.epoch
    let question = ResolveConnection(connectionId: connection.id, freshness: .afterRefresh)
    let fresh = try await answer(question, server, access, identity)
    leases.keep(fresh, for: key, until: grant.expiresAt, in: identity.caller.organizationId, askedIn: epoch)
    return fresh
  }

  private func released(_ server: MCPServerAccess, _ identity: CallerIdentity) async throws -> Answer {
    switch server.auth.type {
    case .none: return .credential(MCPCredential())
    case .staticToken: return try await staticToken(server)
    case .oauth: return try await connection(server, identity)
    }
  }

  private func staticToken(_ server: MCPServerAccess) async throws -> Answer {
    guard let grant = server.grant else { return .refused("The server has no token yet. Its owner must set one.") }
    let released = try await peers.call(SecretEndpoints.releaseStaticToken, Reference(id: server.id), grant: grant)
    guard let name = HTTPField.Name(server.auth.header ?? MCPServerAuth.standardHeader) else {
      return .refused("The server's header cannot be sent. Its owner must correct it.")
    }
    return .credential(MCPCredential(header: (name, server.auth.headerValue(released.token.secret))))
  }

  private func connection(_ server: MCPServerAccess, _ identity: CallerIdentity) async throws -> Answer {
    guard identity.caller.user != nil else {
      return .refused("This server works with a member's own account; call it with a member's session, not an API key.")
    }
    guard server.grant != nil, server.integration != nil else {
      return .refused("No Integration is set up for this server. An owner or admin must add one first.")
    }
    let question = ResolveConnection(
      preferredConnectionId: identity.application?.connectionId, scopes: server.scopes.isEmpty ? nil : server.scopes)
    return try await answer(question, server, try Self.access(server), identity)
  }

  private func answer(
    _ question: ResolveConnection, _ server: MCPServerAccess, _ access: ConnectionAccess, _ identity: CallerIdentity
  ) async throws -> Answer {
    let resolved = try await resolver.resolve(question, for: identity, under: access) { access }.resolved
    switch resolved.outcome {
    case .ready:
      let token = try resolved.accessToken.orMalformed("accessToken").secret
      return .credential(
        MCPCredential(
          header: (.authorization, Secret(token.expose { "Bearer \($0)" })), connection: resolved.connection))
    case .selectAccount: return .selectAccount(resolved.choices ?? [])
    case .none: return .consent(again: nil)
    case .reauthorizationRequired, .insufficientScope: return .consent(again: resolved.connection)
    case .refreshRequired:
      throw ServiceError(.unavailable, "The account is being refreshed. Try again in a moment.", retryAfter: 1)
    }
  }

  /// The grant of a server, in the form in which flows and refreshes take it.
  static func access(_ server: MCPServerAccess) throws -> ConnectionAccess {
    guard let grant = server.grant, let integration = server.integration else {
      throw ServiceError(.integrationNotFound, "No Integration is set up for this server.")
    }
    return ConnectionAccess(
      grant: grant, decision: server.decision, integrations: [integration], scope: server.scope)
  }
}

extension MCPServerAuth {
  /// What is said when the server refuses a credential that is not a member's own.
  var refusal: String {
    type == .staticToken
      ? "The MCP server refuses the organization's token. Its owner must renew it."
      : "The MCP server wants a token, but none is set up. Its owner must choose how calls prove themselves."
  }
}
