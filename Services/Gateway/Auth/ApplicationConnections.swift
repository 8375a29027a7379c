import Model
import ServiceKit

/// What an Application may do with the Connections in its own scope, besides resolving.
struct ApplicationConnections: Sendable {
  let peers: PeerClients
  let access: AccessBroker
  let refreshes: RefreshBroker
  let echo: ChangeEcho

  /// `POST /v1/auth/list`: descriptors, never a token, never a provider call.
  func list(_ request: ListAuthRequest, for identity: CallerIdentity) async throws -> [OAuthAuthDescriptor] {
    try request.selector.validate()
    let access = try await access.access(
      identity, application: request.application, providerUrl: request.providerUrl,
      integrationId: request.integrationId, purposes: [.list])
    let page = try await peers.call(
      ConnectionEndpoints.list, ListConnections(page: PageRequest(limit: PageRequest.maximumLimit)),
      grant: access.grant)
    return page.items.map(OAuthAuthDescriptor.init)
  }

  /// `POST /v1/auth/refresh`: forces a refresh; the id stays. A token that never ends comes back unchanged.
  func refresh(_ request: ConnectionActionRequest, for identity: CallerIdentity) async throws -> OAuthAuth {
    try request.application.validate()
    let access = try await access.access(identity, application: request.application, purposes: [.release, .list])
    try await refreshes.refresh(request.connectionId, force: true, under: access, for: identity.caller)
    // The caller's token was refused: where somebody else is refreshing already, only what comes of that is worth having.
    let question = ResolveConnection(connectionId: request.connectionId, freshness: .afterRefresh)
    let resolved = try await peers.call(ConnectionEndpoints.resolve, question, grant: access.grant)
    switch resolved.outcome {
    case .ready:
      let token = try resolved.accessToken.orMalformed("accessToken")
      return OAuthAuth(try resolved.connection.orMalformed("connection"), accessToken: token.secret)
    case .reauthorizationRequired:
      throw ServiceError(.reauthorizationRequired, "The provider no longer accepts this Connection. Connect it again.")
    default:
      throw ServiceError(.unavailable, "The account is being refreshed. Try again in a moment.", retryAfter: 1)
    }
  }

  /// `POST /v1/auth/revoke`: unusable at once, revoked at the provider by a job.
  func revoke(_ request: ConnectionActionRequest, for identity: CallerIdentity) async throws -> StartedRevocation {
    try request.application.validate()
    let access = try await access.access(identity, application: request.application, purposes: [.revoke])
    return try await echo.after(identity.caller.organizationId) {
      try await peers.call(ConnectionEndpoints.revoke, Reference(id: request.connectionId), grant: access.grant)
    }
  }
}
