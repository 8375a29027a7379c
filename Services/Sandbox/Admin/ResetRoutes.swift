import HTTPTypes
import Hummingbird

/// Puts the sandbox back to how it started: every token, consent, fault, counter and registered client is gone.
struct ResetRoutes: Sendable {
  let provider: Provider

  func add(to group: RouterGroup<SandboxContext>) { group.post("reset", use: reset) }

  @Sendable func reset(_ request: Request, _ context: SandboxContext) -> Response {
    provider.reset()
    return Response(status: .noContent)
  }
}
