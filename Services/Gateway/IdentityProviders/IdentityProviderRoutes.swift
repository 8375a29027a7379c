import Model
import ServiceKit

/// The organization's identity provider.
struct IdentityProviderRoutes: Sendable {
  private static let path = "/v1/organization/identity-provider"

  let peers: PeerClients

  func add(to router: inout PublicRouter) {
    router.get(Self.path, show)
    router.put(Self.path, put)
    router.delete(Self.path, delete)
  }

  @Sendable func show(_ call: PublicCall) async throws -> PublicResponse {
    try .ok(try await peers.call(IdentityProviderEndpoints.show, call.identity.asking(Empty())))
  }

  /// Stored only when people could sign in with it: metadata and keys are read before.
  @Sendable func put(_ call: PublicCall) async throws -> PublicResponse {
    let request = try await call.body(PutIdentityProvider.self)
    _ = try await peers.call(IdentityProviderEndpoints.authorizeChange, call.identity.asking(Empty()))
    _ = try await peers.call(IdentityProviderEndpoints.check, CheckIdentityProvider(issuer: request.issuer))
    return try .ok(try await peers.call(IdentityProviderEndpoints.put, call.identity.asking(request)))
  }

  @Sendable func delete(_ call: PublicCall) async throws -> PublicResponse {
    _ = try await peers.call(IdentityProviderEndpoints.delete, call.identity.asking(Empty()))
    return .noContent
  }
}
