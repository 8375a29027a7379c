import Model
import ServiceKit

/// Integrations, for owners and admins. No answer holds a client secret.
struct IntegrationRoutes: Sendable {
  let peers: PeerClients
  let setup: IntegrationSetup

  func add(to router: inout PublicRouter) {
    router.post("/v1/integrations", create)
    router.get("/v1/integrations", query: QueryParameters.pageNames, list)
    router.get("/v1/integrations/{id}", show)
    router.patch("/v1/integrations/{id}", query: DryRun.names, update)
    router.delete("/v1/integrations/{id}", query: DryRun.names.union(["revoke"]), delete)
    router.post("/v1/integrations/{id}/secrets", rotate)
    router.post("/v1/integrations/{id}/check", check)
  }

  @Sendable func create(_ call: PublicCall) async throws -> PublicResponse {
    try .created(try await setup.create(try await call.body(), for: call.identity))
  }

  @Sendable func list(_ call: PublicCall) async throws -> PublicResponse {
    let page = try call.query.page()
    return try .ok(try await peers.call(IntegrationEndpoints.list, call.identity.asking(page)))
  }

  @Sendable func show(_ call: PublicCall) async throws -> PublicResponse {
    let reference = Reference(id: try id(call))
    return try .ok(try await peers.call(IntegrationEndpoints.show, call.identity.asking(reference)))
  }

  @Sendable func update(_ call: PublicCall) async throws -> PublicResponse {
    let change = Targeted(try id(call), try await call.body(UpdateIntegration.self))
    if let dryRun = try DryRun(call) { return try await dryRun.impact(of: .updateIntegration(change), peers) }
    return try .ok(try await peers.call(IntegrationEndpoints.update, call.identity.asking(change)))
  }

  @Sendable func delete(_ call: PublicCall) async throws -> PublicResponse {
    let (id, request) = (try id(call), DeleteIntegration(revoke: try call.query.flag("revoke")))
    if let dryRun = try DryRun(call) {
      return try await dryRun.impact(of: .deleteIntegration(Reference(id: id)), peers)
    }
    _ = try await peers.call(IntegrationEndpoints.delete, call.identity.asking(Targeted(id, request)))
    return .noContent
  }

  @Sendable func rotate(_ call: PublicCall) async throws -> PublicResponse {
    try .created(try await setup.rotate(try id(call), try await call.body(), for: call.identity))
  }

  @Sendable func check(_ call: PublicCall) async throws -> PublicResponse {
    try await call.noBody()
    return try .ok(Page(items: try await setup.check(try id(call), for: call.identity)))
  }

  private func id(_ call: PublicCall) throws -> IntegrationID {
    try call.id(IntegrationKind.self, orFail: .integrationNotFound)
  }
}
