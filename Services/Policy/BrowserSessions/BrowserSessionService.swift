import Model

/// Who is in the browser, for how long, and how they got there without a link.
struct BrowserSessionService: Sendable {
  let store: BrowserSessionStore
  let sessions: SessionStore
  let callers: CallerService
  let mutations: Mutations
  let settings: BrowserSessionSettings

  /// The person behind a cookie. Asks the database each time, so whatever ends a session ends it at once.
  ///
  /// - Throws: `unauthenticated`, the same for every reason.
  func verify(_ credential: CredentialHash) async throws -> BrowserPerson {
    guard let hash = TokenHash(credential), let found = try await store.find(hash),
      let caller = try await callers.caller(of: found.record)
    else { throw Self.ended }
    try await store.touch(found, idleSeconds: settings.idleSeconds)
    return BrowserPerson(purpose: found.purpose, caller: caller)
  }

  /// Signs out.
  func end(_ credential: CredentialHash, service: ServiceName, requestId: String) async throws {
    guard let hash = TokenHash(credential), let found = try await store.find(hash) else { return }
    let organization = found.record.organizationId
    let origin = AuditOrigin(
      organizationId: organization, userId: found.record.userId, actor: Actor(kind: .member), service: service,
      requestId: requestId)
    try await mutations.run(by: origin) { transaction in
      guard let id = try await store.end(hash, in: organization, transaction) else { return ((), .init([])) }
      let signedOut = AuditFact(action: .personSignedOut, targetKind: "browser-session", targetId: id.rawValue)
      return ((), .init([signedOut], notices: [ChangeNotice(kind: .credential, subject: id.rawValue)]))
    }
  }

  /// A browser session for the connect page alone, for the person whose session the host's page holds. When somebody
  /// ends that one, this one ends too.
  ///
  /// - Throws: `forbidden` for an API key and for a session in which a Charm acts: its holder is an agent, not a browser.
  func handOver(by principal: Principal) async throws -> StartedBrowserSession {
    let caller = principal.caller
    guard caller.credential == .session, let user = caller.user, caller.charmId == nil else {
      throw ServiceError(.forbidden, "Only a member's own session can be handed over to a browser.")
    }
    let organization = principal.organizationId
    let id = BrowserSessionID.random()
    let token = CredentialToken.make(.browserSession)
    return try await mutations.run(by: principal.origin) { transaction in
      let apiKeyId = try await sessions.keepAlive(
        SessionID(rawValue: caller.credentialId), in: organization, transaction)
      guard let apiKeyId else { throw Self.ended }
      try await store.clearEnded(in: organization, transaction)
      let expiresAt = try await store.insert(
        BrowserSessionStore.New(
          id: id, userId: user.id, role: caller.role, purpose: .connect, apiKeyId: apiKeyId,
          sessionId: caller.credentialId, hash: TokenHash(of: token), seconds: settings.handedOverSeconds,
          idleSeconds: settings.handedOverSeconds),
        in: organization, transaction)
      let fact = AuditFact(
        action: .personHandedOver, targetKind: "browser-session", targetId: id.rawValue,
        details: ["sessionId": caller.credentialId])
      return (StartedBrowserSession(token: WireSecret(token), expiresAt: expiresAt), .init([fact]))
    }
  }

  private static let ended = ServiceError(
    .unauthenticated, "Nobody is signed in in this browser any more. Sign in again.")
}
