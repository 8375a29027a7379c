import Model
import ServiceKit

/// The organization's people, for owners, admins and the host platform, who may name them by its own ids.
struct UserRoutes: Sendable {
  let peers: PeerClients

  func add(to router: inout PublicRouter) {
    router.get("/v1/users", query: QueryParameters.pageNames.union(["status"]), list)
    router.patch("/v1/users/{id}", update)
    router.post("/v1/users/{id}/readmit", readmit)
    router.delete("/v1/users/{id}", remove)
  }

  @Sendable func list(_ call: PublicCall) async throws -> PublicResponse {
    let status = try call.query.choice("status", User.Status.self) ?? .active
    let request = ListUsers(status: status, page: try call.query.page())
    return try .ok(try await peers.call(UserEndpoints.list, call.identity.asking(request)))
  }

  @Sendable func update(_ call: PublicCall) async throws -> PublicResponse {
    let request = Targeted(try await call.member(), try await call.body(UpdateUser.self))
    return try .ok(try await peers.call(UserEndpoints.update, call.identity.asking(request)))
  }

  @Sendable func readmit(_ call: PublicCall) async throws -> PublicResponse {
    try await call.noBody()
    let id = try await call.member()
    _ = try await peers.call(UserEndpoints.readmit, call.identity.asking(Reference(id: id)))
    return .noContent
  }

  @Sendable func remove(_ call: PublicCall) async throws -> PublicResponse {
    let id = try await call.member()
    _ = try await peers.call(SessionEndpoints.removeUser, call.identity.asking(Reference(id: id)))
    return .noContent
  }
}
