import Model
import ServiceKit

/// The catalogue.
struct ProviderRoutes: Sendable {
  let peers: PeerClients

  func add(to router: inout PublicRouter) {
    router.get("/v1/providers", query: QueryParameters.pageNames, list)
    router.get("/v1/providers/{id}", show)
  }

  @Sendable func list(_ call: PublicCall) async throws -> PublicResponse {
    let page = try call.query.page()
    return try .ok(try await peers.call(ProviderEndpoints.list, call.identity.asking(page)))
  }

  @Sendable func show(_ call: PublicCall) async throws -> PublicResponse {
    let reference = ProviderReference(id: try call.text("id"))
    return try .ok(try await peers.call(ProviderEndpoints.show, call.identity.asking(reference)))
  }
}
