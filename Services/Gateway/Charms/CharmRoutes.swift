import Model
import ServiceKit

/// Charms and the MCP servers that they have, for owners and admins.
struct CharmRoutes: Sendable {
  let peers: PeerClients

  func add(to router: inout PublicRouter) {
    router.post("/v1/charms", create)
    router.get("/v1/charms", query: QueryParameters.pageNames, list)
    router.get("/v1/charms/{id}", show)
    router.patch("/v1/charms/{id}", query: DryRun.names, update)
    router.delete("/v1/charms/{id}", query: DryRun.names, delete)
  }

  @Sendable func create(_ call: PublicCall) async throws -> PublicResponse {
    let request = try await call.body(CreateCharm.self)
    return try .created(try await peers.call(CharmEndpoints.create, call.identity.asking(request)))
  }

  @Sendable func list(_ call: PublicCall) async throws -> PublicResponse {
    let page = try call.query.page()
    return try .ok(try await peers.call(CharmEndpoints.list, call.identity.asking(page)))
  }

  @Sendable func show(_ call: PublicCall) async throws -> PublicResponse {
    let target = TargetedCharm(id: try call.text("id"))
    return try .ok(try await peers.call(CharmEndpoints.show, call.identity.asking(target)))
  }

  @Sendable func update(_ call: PublicCall) async throws -> PublicResponse {
    let target = TargetedCharm(id: try call.text("id"), update: try await call.body())
    if let dryRun = try DryRun(call) { return try await dryRun.impact(of: .updateCharm(target), peers) }
    return try .ok(try await peers.call(CharmEndpoints.update, call.identity.asking(target)))
  }

  @Sendable func delete(_ call: PublicCall) async throws -> PublicResponse {
    let target = TargetedCharm(id: try call.text("id"))
    if let dryRun = try DryRun(call) { return try await dryRun.impact(of: .deleteCharm(target), peers) }
    _ = try await peers.call(CharmEndpoints.delete, call.identity.asking(target))
    return .noContent
  }
}
