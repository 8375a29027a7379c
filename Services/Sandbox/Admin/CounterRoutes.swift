import Hummingbird

/// Shows the counters.
struct CounterRoutes: Sendable {
  let counters: Counters

  func add(to group: RouterGroup<SandboxContext>) { group.get("counters", use: show) }

  @Sendable func show(_ request: Request, _ context: SandboxContext) throws -> Response {
    try .admin(counters.snapshot)
  }
}
