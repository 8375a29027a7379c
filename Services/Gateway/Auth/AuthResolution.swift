import Model
import ServiceKit

/// Turns an Application's wish for an account into a token, a choice or a flow (`POST /v1/auth/resolve`).
struct AuthResolution: Sendable {
  let access: AccessBroker
  let resolver: ConnectionResolver
  let flows: FlowStarter

  func resolve(_ request: ResolveRequest, for identity: CallerIdentity) async throws -> ResolveResponse {
    try request.selector.validate()
    // Kept by the broker; asked again only when a round of waiting has outlived the grant.
    let ask: () async throws -> ConnectionAccess = { [access] in
      try await access.access(
        identity, application: request.application, providerUrl: request.providerUrl,
        integrationId: request.integrationId, purposes: [.release, .list, .connect], scopes: request.scopes)
    }
    let first = try await ask()
    let question = ResolveConnection(
      prompt: request.prompt ?? .auto, connectionId: request.connectionKey,
      preferredConnectionId: request.preferredConnectionId,
      scopes: Self.scopesToHold(request.scopes, first))
    let (resolved, access) = try await resolver.resolve(question, for: identity, under: first, again: ask)
    return try await answer(resolved, to: request, under: access, for: identity)
  }

  private func answer(
    _ resolved: ResolvedConnection, to request: ResolveRequest, under access: ConnectionAccess,
    for identity: CallerIdentity
  ) async throws -> ResolveResponse {
    switch resolved.outcome {
    case .ready:
      let token = try resolved.accessToken.orMalformed("accessToken")
      let auth = OAuthAuth(try resolved.connection.orMalformed("connection"), accessToken: token.secret)
      return ResolveResponse(status: .ready, auth: auth)
    case .selectAccount:
      let accounts = (resolved.choices ?? []).map(OAuthAuthDescriptor.init)
      let flow = try await flows.start(wish(request), under: access, for: identity)
      return ResolveResponse(status: .selectAccount, accounts: accounts, flow: flow)
    case .none:
      let flow = try await flows.start(wish(request), under: access, for: identity)
      return ResolveResponse(status: .consentRequired, flow: flow)
    case .reauthorizationRequired, .insufficientScope:
      let connection = try resolved.connection.orMalformed("connection")
      if request.connectionKey != nil { throw Self.refusal(resolved.outcome) }
      let flow = try await flows.start(wish(request, again: connection), under: access, for: identity)
      return ResolveResponse(status: .consentRequired, flow: flow)
    case .refreshRequired:
      throw ServiceError(.unavailable, "The account is being refreshed. Try again in a moment.", retryAfter: 1)
    }
  }

  /// A named Connection never leads to consent without being asked: the caller learns why it cannot be used.
  private static func refusal(_ outcome: ResolvedConnection.Outcome) -> ServiceError {
    outcome == .insufficientScope
      ? ServiceError(
        .insufficientScope, "This Connection does not cover the scopes. Resolve without connectionKey to ask for them.")
      : ServiceError(
        .reauthorizationRequired,
        "The provider no longer accepts this Connection. Resolve without connectionKey to reconnect.")
  }

  /// The scopes that a Connection must hold. Those that only tell who the account is are left out: every consent asks for them, and
  /// providers answer with other names for them.
  private static func scopesToHold(_ asked: [String]?, _ access: ConnectionAccess) -> [String]? {
    let identity = Set(access.integrations.flatMap(\.identityScopes))
    return asked?.filter { !identity.contains($0) }
  }

  private func wish(_ request: ResolveRequest, again connection: Connection? = nil) -> FlowWish {
    FlowWish(application: request.application, scopes: request.scopes, again: connection)
  }
}

extension Optional where Wrapped: Sendable {
  /// Our own peer left out what its outcome promises.
  func orMalformed(_ field: String) throws -> Wrapped {
    guard let self else { throw ServiceError(.internalError, "An internal answer lacks \(field).") }
    return self
  }
}
