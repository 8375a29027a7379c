import Model

/// Sessions: the host platform vouches for its users.
struct SessionService: Sendable {
  let store: SessionStore
  let users: UserStore
  let mutations: Mutations
  let settings: SessionSettings

  /// Makes a session for a user, who is created on first sight.
  ///
  /// A session lends at most the role that it was made with. Raising a member's role later does not raise sessions
  /// that exist; lowering it lowers all of them.
  /// - Throws: `forbidden` without an API key, `invalid_request`.
  func create(_ request: CreateSession, by principal: Principal) async throws -> CreatedSession {
    guard principal.caller.credential == .apiKey else {
      throw ServiceError(.forbidden, "Only the host platform's API key can make sessions.")
    }
    try principal.require(.sessions)
    try TextRules.check(request.user)
    try TextRules.check(request.charmId, field: "charmId", maximum: PolicyLimits.applicationIdLength)
    let ttl = try settings.seconds(request.ttlSeconds)
    let organization = principal.organizationId
    let id = SessionID.random()
    let token = CredentialToken.make(.session)
    return try await mutations.run(by: principal.origin) { transaction in
      let user = try await users.vouch(for: request.user, role: request.role, in: organization, transaction)
      try await store.clearEnded(in: organization, transaction)
      let expiresAt = try await store.insert(
        SessionStore.New(
          id: id, userId: user.userId, role: request.role ?? .member, charmId: request.charmId,
          apiKeyId: principal.caller.credentialId, hash: TokenHash(of: token), ttlSeconds: ttl),
        in: organization, transaction)
      return (
        CreatedSession(id: id, token: WireSecret(token), expiresAt: expiresAt, userId: user.userId),
        trace(of: id, for: user, role: request.role ?? .member)
      )
    }
  }

  /// Ends a session: the host platform any, owners and admins any, members their own.
  /// - Throws: `not_found`, also for a session of someone else.
  func end(_ id: SessionID, by principal: Principal) async throws {
    try principal.require(.sessions)
    let organization = principal.organizationId
    try await mutations.run(by: principal.origin) { transaction in
      let owner = try await store.owner(of: id, in: organization, transaction)
      guard let owner, owner == principal.caller.user?.id || principal.caller.role.mayConfigure else {
        throw ServiceError(.notFound, "There is no such session, or it has ended.")
      }
      try await store.end(id, in: organization, transaction)
      return (
        (),
        .init(
          [AuditFact(action: .sessionEnded, targetKind: "session", targetId: id.rawValue)],
          notices: [ChangeNotice(kind: .credential, subject: id.rawValue)])
      )
    }
  }

  private func trace(of id: SessionID, for user: UserStore.Vouched, role: Role) -> Mutations.Trace {
    var trace = user.trace
    trace.facts.append(
      AuditFact(
        action: .sessionCreated, targetKind: "session", targetId: id.rawValue,
        details: ["userId": user.userId.rawValue, "role": role.rawValue]))
    return trace
  }
}
