import Model
import ServiceKit

/// The Applications that the organization has seen, for owners and admins.
struct ApplicationRoutes: Sendable {
  let peers: PeerClients

  func add(to router: inout PublicRouter) {
    router.get("/v1/applications", query: QueryParameters.pageNames, list)
    router.get("/v1/applications/{id}", show)
    router.patch("/v1/applications/{id}", query: DryRun.names, update)
  }

  @Sendable func list(_ call: PublicCall) async throws -> PublicResponse {
    let page = try call.query.page()
    return try .ok(try await peers.call(ApplicationEndpoints.list, call.identity.asking(page)))
  }

  @Sendable func show(_ call: PublicCall) async throws -> PublicResponse {
    let target = TargetedApplication(id: try call.text("id"))
    return try .ok(try await peers.call(ApplicationEndpoints.show, call.identity.asking(target)))
  }

  @Sendable func update(_ call: PublicCall) async throws -> PublicResponse {
    let target = TargetedApplication(id: try call.text("id"), update: try await call.body())
    if let dryRun = try DryRun(call) { return try await dryRun.impact(of: .updateApplication(target), peers) }
    return try .ok(try await peers.call(ApplicationEndpoints.update, call.identity.asking(target)))
  }
}
