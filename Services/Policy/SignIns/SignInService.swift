import Model
import PostgreSQL

/// Signing in with the organization's identity provider, up to the point at which it is known who that is.
struct SignInService: Sendable {
  /// Characters of a domain.
  private static let domainLength = 253

  let store: SignInStore
  let providers: IdentityProviderStore
  let organizations: OrganizationStore
  let mutations: Mutations
  let grants: GrantIssuer
  let publicUrl: String

  /// - Throws: `not_found`, the same for every reason: also for a domain that more than one organization claims, since it is not known which
  ///   of them may.
  func find(_ request: FindSignIn) async throws -> SignInFacts {
    guard let organization = try await organization(request), let provider = try await providers.find(in: organization),
      let name = try await organizations.name(of: organization)
    else { throw Self.notFound }
    return SignInFacts(organizationId: organization, organizationName: name, issuer: provider.issuer)
  }

  func begin(_ request: BeginSignIn) async throws -> SignInClient {
    for (field, hash) in [("stateHash", request.stateHash), ("browserHash", request.browserHash)] {
      guard TokenHash(WireSecret(hash)) != nil else {
        throw ServiceError(.invalidRequest, "\(field) must be a SHA-256 in lower-case hexadecimal.")
      }
    }
    guard let provider = try await providers.find(in: request.organizationId) else { throw Self.notFound }
    try await store.begin(request, with: provider)
    return provider.client(publicUrl: publicUrl)
  }

  /// - Throws: `invalid_state`, the same for every reason.
  func claim(_ request: ClaimSignIn) async throws -> ClaimedSignIn {
    guard let provider = try await providers.find(in: request.organizationId), try await store.claim(request) else {
      throw ServiceError(.invalidState, "This answer belongs to no sign-in of this browser. Sign in again.")
    }
    let grant = try grants.signIn(provider.secretId, of: request.organizationId)
    return ClaimedSignIn(
      client: provider.client(publicUrl: publicUrl), secretId: provider.secretId, grant: grant.signed)
  }

  /// Puts on record that nobody was signed in, once for each sign-in whose state was spent.
  func refuse(_ request: RefuseSignIn, service: ServiceName, requestId: String) async throws {
    let origin = AuditOrigin(
      organizationId: request.signIn.organizationId, actor: Actor(kind: .service, id: service.rawValue),
      service: service, requestId: requestId)
    try await mutations.run(by: origin) { transaction in
      guard let ended = try await store.end(request.signIn, transaction) else { return ((), .init([])) }
      let fact = AuditFact(
        action: .signInRefused, targetKind: "identity-provider", targetId: request.signIn.organizationId.rawValue,
        isRefusal: true, details: ["reason": request.reason, "issuer": ended.issuer])
      return ((), .init([fact]))
    }
  }

  private func organization(_ request: FindSignIn) async throws -> OrganizationID? {
    if let organization = request.organizationId { return organization }
    guard let domain = request.emailDomain, domain.utf8.count <= Self.domainLength else { return nil }
    let found = try await providers.organizations(withDomain: domain)
    return found.count == 1 ? found.first : nil
  }

  private static let notFound = ServiceError(
    .notFound, "No organization signs people in there. Ask for the address of your organization's sign-in page.")
}
