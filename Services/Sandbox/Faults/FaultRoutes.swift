import Hummingbird

/// Asks for faults, shows those that wait, and clears them.
struct FaultRoutes: Sendable {
  let faults: FaultList

  struct Items: Codable { var items: [FaultList.Waiting] }
  struct Cleared: Codable { var cleared: Int }

  func add(to group: RouterGroup<SandboxContext>) {
    group.post("faults", use: create)
    group.get("faults", use: list)
    group.delete("faults", use: clear)
    group.delete("faults/:id", use: remove)
  }

  @Sendable func create(_ request: Request, _ context: SandboxContext) async throws -> Response {
    return try .admin(try faults.add(try await request.strictBody(Fault.self)), status: .created)
  }

  @Sendable func list(_ request: Request, _ context: SandboxContext) throws -> Response {
    try .admin(Items(items: faults.all))
  }

  @Sendable func clear(_ request: Request, _ context: SandboxContext) throws -> Response {
    try .admin(Cleared(cleared: faults.clear()))
  }

  @Sendable func remove(_ request: Request, _ context: SandboxContext) throws -> Response {
    guard let id = context.parameters.get("id", as: Int.self), faults.clear(id) == 1 else {
      throw OAuthError(.notFound, "No such fault is waiting.")
    }
    return try .admin(Cleared(cleared: 1))
  }
}
