import Foundation
import Model
import ServiceKit

@testable import PolicyKit

/// A browser's trip to its identity provider.
struct Trip: Sendable {
  let stateHash = Tenant.hash(.init(RandomText.base32(bytes: 16))).secret.expose { $0 }
  let browserHash = Tenant.hash(.init(RandomText.base32(bytes: 16))).secret.expose { $0 }
}

extension Tenant {
  static let issuer = "https://id.example.com"

  func putIdentityProvider(
    issuer: String = issuer, secret: String? = "canary-provider-secret", roles: [String: Role]? = nil,
    linkClaim: String? = nil
  ) async throws {
    _ = try await policy.gateway.call(
      IdentityProviderEndpoints.put,
      OnBehalf(
        apiKey,
        PutIdentityProvider(
          issuer: issuer, clientId: "client-1", clientSecret: secret.map { WireSecret($0) },
          roleClaim: roles == nil ? nil : "roles", roleMapping: roles, linkClaim: linkClaim)))
  }

  func users(_ status: User.Status) async throws -> [User] {
    try await policy.gateway.call(UserEndpoints.list, OnBehalf(apiKey, ListUsers(status: status, page: PageRequest())))
      .items
  }

  func remove(_ id: UserID) async throws {
    _ = try await policy.gateway.call(SessionEndpoints.removeUser, OnBehalf(apiKey, Reference<UserKind>(id: id)))
  }

  func readmit(_ id: UserID) async throws {
    _ = try await policy.gateway.call(UserEndpoints.readmit, OnBehalf(apiKey, Reference<UserKind>(id: id)))
  }
}

extension PolicyFixture {
  func begin(_ trip: Trip, _ tenant: Tenant, isStepUp: Bool = false) async throws -> SignInClient {
    try await exchanger.call(
      SignInEndpoints.begin,
      BeginSignIn(
        organizationId: tenant.id, stateHash: trip.stateHash, browserHash: trip.browserHash, isStepUp: isStepUp))
  }

  func claim(_ trip: Trip, _ tenant: Tenant, browser: String? = nil) async throws -> ClaimedSignIn {
    try await exchanger.call(
      SignInEndpoints.claim,
      ClaimSignIn(
        organizationId: tenant.id, stateHash: trip.stateHash, browserHash: browser ?? trip.browserHash))
  }

  func complete(
    _ trip: Trip, _ tenant: Tenant, issuer: String = Tenant.issuer, _ changes: [String: JSONValue] = [:]
  ) async throws -> StartedBrowserSession {
    let claims = ["iss": .string(issuer), "sub": "ada"].merging(changes) { $1 }
    return try await exchanger.call(
      SignInEndpoints.complete,
      CompleteSignIn(
        signIn: SignInReference(organizationId: tenant.id, stateHash: trip.stateHash), claims: .object(claims),
        replaces: nil))
  }

  /// The session of somebody who signs in.
  func session(
    _ tenant: Tenant, _ claims: [String: JSONValue] = [:], isStepUp: Bool = false
  ) async throws -> CredentialHash {
    let trip = Trip()
    _ = try await begin(trip, tenant, isStepUp: isStepUp)
    _ = try await claim(trip, tenant)
    return Tenant.hash(try await complete(trip, tenant, claims).token.secret)
  }

  /// Who somebody is once they have signed in.
  func signIn(_ tenant: Tenant, _ claims: [String: JSONValue] = [:]) async throws -> Caller.User {
    let credential = try await session(tenant, claims)
    let person = try await gateway.call(BrowserSessionEndpoints.verify, PresentedCredential(credential: credential))
    guard let user = person.caller.user else { throw ServiceError(.internalError, "A person without a user.") }
    return user
  }
}
