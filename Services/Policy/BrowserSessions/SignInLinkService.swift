import FoundationEssentials
import Model

/// One-time links: the host platform vouches, and the browser that is first to press the button is signed in.
struct SignInLinkService: Sendable {
  let links: SignInLinkStore
  let sessions: BrowserSessionStore
  let users: UserStore
  let mutations: Mutations
  let settings: BrowserSessionSettings

  /// Makes a link for a user, who is created on first sight.
  ///
  /// - Throws: `forbidden` without an API key, `invalid_request`.
  func create(_ request: CreateSignInLink, by principal: Principal) async throws -> CreatedSignInLink {
    guard principal.caller.credential == .apiKey else {
      throw ServiceError(.forbidden, "Only the host platform's API key can make sign-in links.")
    }
    try principal.require(.sessions)
    try TextRules.check(request.user)
    let organization = principal.organizationId
    let id = SignInLinkID.random()
    let token = CredentialToken.make(.signInLink)
    return try await mutations.run(by: principal.origin) { transaction in
      let user = try await users.vouch(for: request.user, role: request.role, in: organization, transaction)
      try await links.clearEnded(in: organization, transaction)
      let expiresAt = try await links.insert(
        SignInLinkStore.New(
          id: id, userId: user.userId, role: request.role, apiKeyId: principal.caller.credentialId,
          hash: TokenHash(of: token), seconds: settings.linkSeconds),
        in: organization, transaction)
      var trace = user.trace
      trace.facts.append(
        AuditFact(
          action: .signInLinkCreated, targetKind: "sign-in-link", targetId: id.rawValue,
          details: ["userId": user.userId.rawValue]))
      return (CreatedSignInLink(token: WireSecret(token), expiresAt: expiresAt), trace)
    }
  }

  /// Whom a link signs in. Spends nothing: whatever looks at links before people do can look at this one.
  ///
  /// - Throws: `not_found`, the same for every reason.
  func show(_ credential: CredentialHash) async throws -> SignInLinkFacts {
    guard let hash = TokenHash(credential), let organization = try await links.organization(of: hash),
      let facts = try await links.facts(of: hash, in: organization)
    else { throw Self.useless }
    return facts
  }

  /// Spends a link. The browser's new session has a new token, and the old one ends.
  ///
  /// - Throws: `not_found`, the same for every reason.
  func spend(
    _ request: SpendSignInLink, service: ServiceName, requestId: String
  ) async throws -> StartedBrowserSession {
    let facts = try await show(request.credential)
    guard let hash = TokenHash(request.credential) else { throw Self.useless }
    let organization = facts.organizationId
    let origin = AuditOrigin(
      organizationId: organization, userId: facts.user.id, actor: Actor(kind: .member), service: service,
      requestId: requestId)
    let id = BrowserSessionID.random()
    let token = CredentialToken.make(.browserSession)
    return try await mutations.run(by: origin) { transaction in
      guard let link = try await links.spend(hash, in: organization, transaction) else { throw Self.useless }
      let replaced = try await sessions.end(
        request.replaces.flatMap(TokenHash.init), in: organization, transaction)
      try await sessions.clearEnded(in: organization, transaction)
      let expiresAt = try await sessions.insert(
        BrowserSessionStore.New(
          id: id, userId: link.userId, role: link.role, purpose: .signIn, apiKeyId: link.apiKeyId, sessionId: nil,
          hash: TokenHash(of: token), seconds: settings.maximumSeconds, idleSeconds: settings.idleSeconds,
          authenticatedAt: Date()),
        in: organization, transaction)
      let signedIn = AuditFact(
        action: .personSignedIn, targetKind: "browser-session", targetId: id.rawValue,
        details: ["signInLinkId": link.id.rawValue, "role": link.role.rawValue])
      return (
        StartedBrowserSession(token: WireSecret(token), expiresAt: expiresAt),
        .init([signedIn], notices: replaced.map { [ChangeNotice(kind: .credential, subject: $0.rawValue)] } ?? [])
      )
    }
  }

  private static let useless = ServiceError(
    .notFound, "The link was used before, its time is over, or it was taken back. Ask for a new one.")
}
