import Model

/// What Applications call, through the bridge or directly.
struct AuthRoutes: Sendable {
  let resolution: AuthResolution
  let connections: ApplicationConnections

  func add(to router: inout PublicRouter) {
    router.post("/v1/auth/resolve", resolve)
    router.post("/v1/auth/list", list)
    router.post("/v1/auth/refresh", refresh)
    router.post("/v1/auth/revoke", revoke)
  }

  @Sendable func resolve(_ call: PublicCall) async throws -> PublicResponse {
    let answer = try await resolution.resolve(try await call.body(), for: call.identity)
    return answer.auth == nil ? try .ok(answer) : try .released(answer)
  }

  @Sendable func list(_ call: PublicCall) async throws -> PublicResponse {
    try .ok(Page(items: try await connections.list(try await call.body(), for: call.identity)))
  }

  @Sendable func refresh(_ call: PublicCall) async throws -> PublicResponse {
    try .released(try await connections.refresh(try await call.body(), for: call.identity))
  }

  @Sendable func revoke(_ call: PublicCall) async throws -> PublicResponse {
    try .accepted(try await connections.revoke(try await call.body(), for: call.identity))
  }
}
