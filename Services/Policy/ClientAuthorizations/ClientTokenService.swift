import Model
import PostgreSQL

/// Codes and refresh tokens become tokens: each once. Whoever shows one a second time has stolen it, or was stolen from: then
/// everything ends that was made of the same code (RFC 9700 sections 2.1.1 and 4.14.2).
struct ClientTokenService: Sendable {
  let authorizations: ClientAuthorizationStore
  let codes: ClientCodeStore
  let tokens: ClientTokenStore
  let clients: RegisteredClientStore
  let mutations: Mutations

  func redeem(
    _ request: RedeemClientCode, service: ServiceName, requestId: String
  ) async throws -> ClientTokenAnswer {
    guard let hash = TokenHash(request.credential), let owner = try await codes.owner(of: hash),
      let authorization = owner.authorizationId
    else { return ClientTokenAnswer(refusal: .invalidGrant) }
    let origin = Self.origin(owner, service, requestId)
    let answer = try await mutations.run(by: origin) { transaction in
      try await authorizations.hold(authorization, in: owner.organizationId, transaction)
      guard let code = try await codes.lock(hash, in: owner.organizationId, transaction) else { return Self.refused }
      if code.isUsed { return try await end(code.holder, because: "code", origin, transaction) }
      guard !code.isOver, code.holder.clientId == request.clientId, code.redirectUri == request.redirectUri,
        code.codeChallenge == request.codeChallenge
      else { return Self.refused }
      guard request.target == nil || code.holder.target == request.target else {
        return (ClientTokenAnswer(refusal: .invalidTarget), .init([]))
      }
      try await codes.use(hash, in: owner.organizationId, transaction)
      return try await issue(for: code.holder, by: "code", origin, transaction)
    }
    try await keep(request.clientId, after: answer)
    return answer
  }

  func refresh(
    _ request: RefreshClientTokens, service: ServiceName, requestId: String
  ) async throws -> ClientTokenAnswer {
    guard let hash = TokenHash(request.credential), let owner = try await tokens.owner(of: hash),
      let authorization = owner.authorizationId
    else { return ClientTokenAnswer(refusal: .invalidGrant) }
    let origin = Self.origin(owner, service, requestId)
    let answer = try await mutations.run(by: origin) { transaction in
      try await authorizations.hold(authorization, in: owner.organizationId, transaction)
      guard let token = try await tokens.lockRefresh(hash, in: owner.organizationId, transaction) else {
        return Self.refused
      }
      if token.isUsed { return try await end(token.holder, because: "refreshToken", origin, transaction) }
      guard !token.isOver, token.holder.clientId == request.clientId else { return Self.refused }
      guard request.target == nil || token.holder.target == request.target else {
        return (ClientTokenAnswer(refusal: .invalidTarget), .init([]))
      }
      try await tokens.use(token.id, in: owner.organizationId, transaction)
      return try await issue(for: token.holder, by: "refreshToken", origin, transaction)
    }
    try await keep(request.clientId, after: answer)
    return answer
  }

  /// A client gives a token back: everything ends that was made of the same code. Of a token that is not the client's, or
  /// that nobody knows, there is nothing to end.
  func revoke(_ request: RevokeClientToken, service: ServiceName, requestId: String) async throws {
    guard let hash = TokenHash(request.credential), let owner = try await tokens.owner(of: hash),
      let authorization = owner.authorizationId
    else { return }
    try await mutations.run(by: Self.origin(owner, service, requestId)) { transaction in
      try await authorizations.hold(authorization, in: owner.organizationId, transaction)
      guard let holder = try await tokens.find(hash, in: owner.organizationId, transaction),
        holder.clientId == request.clientId
      else { return ((), .init([])) }
      let ended = try await tokens.end(family: holder.family, in: owner.organizationId, transaction)
      return ((), Self.trace(.clientTokenRevoked, holder, ["tokens": "\(ended)"], endsTokens: true))
    }
  }

  /// A client that registered itself stays for as long as it is used.
  private func keep(_ clientId: String, after answer: ClientTokenAnswer) async throws {
    guard answer.tokens != nil, let id = RegisteredClientID(validating: clientId) else { return }
    try await clients.keep(id)
  }

  private func issue(
    for holder: ClientTokenHolder, by means: String, _ origin: AuditOrigin, _ transaction: PostgresTransaction
  ) async throws -> (ClientTokenAnswer, Mutations.Trace) {
    let organization = origin.organizationId
    let (access, refresh) = (CredentialToken.make(.clientAccess), CredentialToken.make(.clientRefresh))
    try await tokens.clearEnded(in: organization, transaction)
    let expiresAt = try await tokens.insert(
      .access, TokenHash(of: access), for: holder, seconds: ClientLifetimes.accessToken, in: organization, transaction)
    _ = try await tokens.insert(
      .refresh, TokenHash(of: refresh), for: holder, seconds: ClientLifetimes.refreshToken, in: organization,
      transaction)
    try await authorizations.use(holder.authorizationId, in: organization, transaction)
    let issued = ClientTokenAnswer.Tokens(
      accessToken: WireSecret(access), expiresAt: expiresAt, refreshToken: WireSecret(refresh))
    return (ClientTokenAnswer(issued), Self.trace(.clientTokenIssued, holder, ["for": means]))
  }

  private func end(
    _ holder: ClientTokenHolder, because what: String, _ origin: AuditOrigin, _ transaction: PostgresTransaction
  ) async throws -> (ClientTokenAnswer, Mutations.Trace) {
    let ended = try await tokens.end(family: holder.family, in: origin.organizationId, transaction)
    var trace = Self.trace(
      .clientTokenReused, holder, ["shown": what, "tokens": "\(ended)"], endsTokens: ended > 0)
    trace.facts[0].isRefusal = true
    return (ClientTokenAnswer(refusal: .invalidGrant), trace)
  }

  private static let refused = (ClientTokenAnswer(refusal: .invalidGrant), Mutations.Trace([]))

  private static func origin(_ owner: ClientTokenOwner, _ service: ServiceName, _ requestId: String) -> AuditOrigin {
    AuditOrigin(
      organizationId: owner.organizationId, userId: owner.userId, actor: Actor(kind: .member), service: service,
      requestId: requestId)
  }

  private static func trace(
    _ action: PolicyAction, _ holder: ClientTokenHolder, _ details: [String: String], endsTokens: Bool = false
  ) -> Mutations.Trace {
    let fact = AuditFact(
      action: action, targetKind: "client-authorization", targetId: holder.authorizationId.rawValue,
      details: details.merging(["clientId": holder.clientId]) { first, _ in first })
    let notice = ChangeNotice(kind: .credential, subject: holder.authorizationId.rawValue)
    return .init([fact], notices: endsTokens ? [notice] : [])
  }
}
