import Model
import ServiceKit

/// Sessions, for the host platform; `GET /v1/me` for everyone.
struct SessionRoutes: Sendable {
  let peers: PeerClients

  func add(to router: inout PublicRouter) {
    router.post("/v1/sessions", create)
    router.delete("/v1/sessions/{id}", end)
    router.get("/v1/me", me)
  }

  @Sendable func create(_ call: PublicCall) async throws -> PublicResponse {
    let request = try await call.body(CreateSession.self)
    return try .created(try await peers.call(SessionEndpoints.create, call.identity.asking(request)))
  }

  @Sendable func end(_ call: PublicCall) async throws -> PublicResponse {
    let id = try call.id(SessionKind.self)
    _ = try await peers.call(SessionEndpoints.end, call.identity.asking(Reference(id: id)))
    return .noContent
  }

  @Sendable func me(_ call: PublicCall) async throws -> PublicResponse { try .ok(Me(call.identity.caller)) }
}
