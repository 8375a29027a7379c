import Model
import ServiceKit

/// `/v1/client-authorizations`: which clients a member let act for them, and an end to it.
struct ClientAuthorizationRoutes: Sendable {
  let peers: PeerClients

  func add(to router: inout PublicRouter) {
    router.get("/v1/client-authorizations", query: QueryParameters.pageNames, list)
    router.delete("/v1/client-authorizations/{id}", revoke)
  }

  @Sendable func list(_ call: PublicCall) async throws -> PublicResponse {
    try .ok(try await peers.call(ClientAuthorizationEndpoints.list, call.identity.asking(call.query.page())))
  }

  @Sendable func revoke(_ call: PublicCall) async throws -> PublicResponse {
    let id = try call.id(ClientAuthorizationKind.self)
    _ = try await peers.call(ClientAuthorizationEndpoints.revoke, call.identity.asking(Reference(id: id)))
    return .noContent
  }
}
