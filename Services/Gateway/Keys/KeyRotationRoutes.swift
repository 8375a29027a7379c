import Model

/// Rotations of the organization's key, for its owners and admins.
struct KeyRotationRoutes: Sendable {
  let rotations: KeyRotationManagement

  func add(to router: inout PublicRouter) {
    router.post("/v1/keys/rotations", begin)
    router.get("/v1/keys/rotations", query: QueryParameters.pageNames, list)
    router.get("/v1/keys/rotations/{id}", show)
  }

  @Sendable func begin(_ call: PublicCall) async throws -> PublicResponse {
    try await call.noBody()
    return try .accepted(try await rotations.begin(for: call.identity))
  }

  @Sendable func list(_ call: PublicCall) async throws -> PublicResponse {
    try .ok(try await rotations.list(try call.query.page(), for: call.identity))
  }

  @Sendable func show(_ call: PublicCall) async throws -> PublicResponse {
    try .ok(try await rotations.show(try call.id(KeyRotationKind.self), for: call.identity))
  }
}
