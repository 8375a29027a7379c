import Model

/// Connections of the caller, or of everyone for owners and admins; revocations.
struct ConnectionRoutes: Sendable {
  let connections: ConnectionManagement
  let revocations: RevocationManagement

  func add(to router: inout PublicRouter) {
    router.get(
      "/v1/connections", query: QueryParameters.pageNames.union(["userId", "integrationId", "status"]), list)
    router.get("/v1/connections/{id}", show)
    router.delete("/v1/connections/{id}", revoke)
    router.get("/v1/connections/{id}/uses", query: QueryParameters.pageNames, uses)
    router.post("/v1/connections/{id}/default") { try await change($0, .makeDefault) }
    router.post("/v1/connections/{id}/pause") { try await change($0, .pause) }
    router.post("/v1/connections/{id}/resume") { try await change($0, .resume) }
    router.post("/v1/connections/{id}/reconnect", reconnect)
    router.post("/v1/revocations", createRevocation)
    router.get("/v1/revocations/{id}", query: QueryParameters.pageNames, reportRevocation)
  }

  @Sendable func list(_ call: PublicCall) async throws -> PublicResponse {
    let query = call.query
    let request = ListConnections(
      userId: try await call.member(query: "userId"),
      integrationId: try query.id("integrationId", IntegrationKind.self),
      status: try query.choice("status", Connection.Status.self), page: try query.page())
    return try .ok(try await connections.list(request, for: call.identity))
  }

  @Sendable func show(_ call: PublicCall) async throws -> PublicResponse {
    try .ok(try await connections.show(try id(call), for: call.identity))
  }

  @Sendable func revoke(_ call: PublicCall) async throws -> PublicResponse {
    try .accepted(try await connections.revoke(try id(call), for: call.identity))
  }

  @Sendable func uses(_ call: PublicCall) async throws -> PublicResponse {
    let page = try call.query.page()
    return try .ok(try await connections.uses(of: try id(call), page: page, for: call.identity))
  }

  @Sendable func change(_ call: PublicCall, _ change: ConnectionChange) async throws -> PublicResponse {
    try await call.noBody()
    return try .ok(try await connections.change(try id(call), change, for: call.identity))
  }

  @Sendable func reconnect(_ call: PublicCall) async throws -> PublicResponse {
    try await call.noBody()
    return try .created(try await connections.reconnect(try id(call), for: call.identity))
  }

  @Sendable func createRevocation(_ call: PublicCall) async throws -> PublicResponse {
    try .accepted(try await revocations.create(try await call.body(membersAt: [["userId"]]), for: call.identity))
  }

  @Sendable func reportRevocation(_ call: PublicCall) async throws -> PublicResponse {
    let query = RevocationQuery(id: try call.id(RevocationKind.self), page: try call.query.page())
    return try .ok(try await revocations.report(query, for: call.identity))
  }

  private func id(_ call: PublicCall) throws -> ConnectionID {
    try call.id(ConnectionKind.self, orFail: .connectionNotFound)
  }
}
