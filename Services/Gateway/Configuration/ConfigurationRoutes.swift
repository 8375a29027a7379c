import Model
import ServiceKit

/// What the organization has set up, as one document. For owners and admins.
struct ConfigurationRoutes: Sendable {
  let peers: PeerClients
  let setup: ConfigurationSetup

  func add(to router: inout PublicRouter) {
    router.get("/v1/configuration", show)
    router.put("/v1/configuration", query: DryRun.names.union(["prune"]), apply)
  }

  @Sendable func show(_ call: PublicCall) async throws -> PublicResponse {
    try .ok(try await peers.call(ConfigurationEndpoints.show, call.identity.asking(Empty())))
  }

  @Sendable func apply(_ call: PublicCall) async throws -> PublicResponse {
    let wish = ApplyConfiguration(
      request: try await call.body(), prune: try call.query.flag("prune"), dryRun: try call.query.flag("dryRun"))
    return try .ok(try await setup.apply(wish, for: call.identity))
  }
}
