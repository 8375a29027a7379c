import Hummingbird

/// Reads and changes the token policy while the sandbox runs.
struct AdminSettingsRoutes: Sendable {
  let policy: LivePolicy

  struct Change: Decodable {
    var accessTokenSeconds: Int?
    var refreshGraceSeconds: Int?
    var rotatesRefreshTokens: Bool?

    func apply(to policy: inout TokenPolicy) {
      policy.accessTokenSeconds = accessTokenSeconds ?? policy.accessTokenSeconds
      policy.refreshGraceSeconds = refreshGraceSeconds ?? policy.refreshGraceSeconds
      policy.rotatesRefreshTokens = rotatesRefreshTokens ?? policy.rotatesRefreshTokens
    }
  }

  func add(to group: RouterGroup<SandboxContext>) {
    group.get("settings", use: show)
    group.patch("settings", use: change)
  }

  @Sendable func show(_ request: Request, _ context: SandboxContext) throws -> Response {
    try .admin(policy.current)
  }

  @Sendable func change(_ request: Request, _ context: SandboxContext) async throws -> Response {
    let change = try await request.strictBody(Change.self)
    return try .admin(try policy.change { change.apply(to: &$0) })
  }
}
