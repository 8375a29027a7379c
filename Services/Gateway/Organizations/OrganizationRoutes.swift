import Model
import ServiceKit

/// What owners and admins set for the organization as a whole.
struct OrganizationRoutes: Sendable {
  let peers: PeerClients

  func add(to router: inout PublicRouter) {
    router.get("/v1/organization", show)
    router.patch("/v1/organization", update)
  }

  @Sendable func show(_ call: PublicCall) async throws -> PublicResponse {
    try .ok(try await peers.call(OrganizationEndpoints.show, call.identity.asking(Empty())))
  }

  @Sendable func update(_ call: PublicCall) async throws -> PublicResponse {
    let request = try await call.body(UpdateOrganization.self)
    return try .ok(try await peers.call(OrganizationEndpoints.update, call.identity.asking(request)))
  }
}
