import FoundationEssentials
import Model

/// Decides who the person of an ID token is, and signs the browser in as them.
struct SignInCompletion: Sendable {
  /// Seconds by which the provider's clock may be behind ours.
  private static let clockTolerance = 60.0

  let signIns: SignInStore
  let providers: IdentityProviderStore
  let identities: IdentityStore
  let sessions: BrowserSessionStore
  let service: SignInService
  let mutations: Mutations
  let settings: BrowserSessionSettings

  /// A person as they are now, and when they proved themselves.
  private struct Known: Sendable {
    var member: IdentityStore.Member
    var authenticatedAt: Date?
    var issuer: String
  }

  /// - Throws: `sign_in_refused`, which is on record then.
  func complete(
    _ request: CompleteSignIn, service caller: ServiceName, requestId: String
  ) async throws -> StartedBrowserSession {
    let known: Known
    do {
      known = try await recognize(request, service: caller, requestId: requestId)
    } catch let refusal as SignInRefusal {
      try await service.refuse(
        RefuseSignIn(signIn: request.signIn, reason: refusal.rawValue), service: caller, requestId: requestId)
      throw refusal
    }
    return try await start(for: known, replacing: request.replaces, request.signIn.organizationId, caller, requestId)
  }

  /// The member that the claims speak of: created at the first time, brought up to date at every other.
  private func recognize(
    _ request: CompleteSignIn, service caller: ServiceName, requestId: String
  ) async throws -> Known {
    let organization = request.signIn.organizationId
    let origin = AuditOrigin(
      organizationId: organization, actor: Actor(kind: .service, id: ServiceName.policy.rawValue), service: caller,
      requestId: requestId)
    return try await mutations.run(by: origin) { transaction in
      guard let signIn = try await signIns.end(request.signIn, transaction),
        let provider = try await providers.hold(in: organization, transaction), provider.issuer == signIn.issuer,
        provider.clientId == signIn.clientId, request.claims["iss"]?.text == signIn.issuer
      else { throw SignInRefusal.ended }
      let person = try provider.mapping.person(in: request.claims)
      if signIn.isStepUp {
        let earliest = signIn.createdAt.addingTimeInterval(-Self.clockTolerance)
        guard let at = person.authenticatedAt, at >= earliest else { throw SignInRefusal.notAnew }
      }
      let member = try await identities.member(for: person, issuer: provider.issuer, in: organization, transaction)
      let known = Known(
        member: member, authenticatedAt: person.authenticatedAt.map { min($0, Date()) }, issuer: provider.issuer)
      return (known, member.trace(issuer: provider.issuer))
    }
  }

  private func start(
    for known: Known, replacing replaced: CredentialHash?, _ organization: OrganizationID, _ caller: ServiceName,
    _ requestId: String
  ) async throws -> StartedBrowserSession {
    let member = known.member
    let origin = AuditOrigin(
      organizationId: organization, userId: member.userId, actor: Actor(kind: .member), service: caller,
      requestId: requestId)
    let id = BrowserSessionID.random()
    let token = CredentialToken.make(.browserSession)
    return try await mutations.run(by: origin) { transaction in
      // Somebody may have removed the person in between.
      guard try await identities.keep(member.userId, in: organization, transaction) else {
        throw SignInRefusal.removed
      }
      let ended = try await sessions.end(replaced.flatMap(TokenHash.init), in: organization, transaction)
      try await sessions.clearEnded(in: organization, transaction)
      let expiresAt = try await sessions.insert(
        BrowserSessionStore.New(
          id: id, userId: member.userId, role: member.role, purpose: .signIn, apiKeyId: nil, sessionId: nil,
          hash: TokenHash(of: token), seconds: settings.maximumSeconds, idleSeconds: settings.idleSeconds,
          authenticatedAt: known.authenticatedAt),
        in: organization, transaction)
      let fact = AuditFact(
        action: .personSignedIn, targetKind: "browser-session", targetId: id.rawValue,
        details: ["issuer": known.issuer, "role": member.role.rawValue])
      return (
        StartedBrowserSession(token: WireSecret(token), expiresAt: expiresAt),
        .init([fact], notices: ended.map { [ChangeNotice(kind: .credential, subject: $0.rawValue)] } ?? [])
      )
    }
  }
}
