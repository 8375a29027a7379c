import Model
import ServiceKit

/// The audit trail, for owners and admins.
struct AuditRoutes: Sendable {
  let peers: PeerClients
  let access: AccessBroker

  func add(to router: inout PublicRouter) {
    router.get(
      "/v1/audit",
      query: QueryParameters.pageNames.union(["after", "actor", "action", "target", "from", "to"]), list)
    router.get("/v1/audit/export", query: ["from", "to"], export)
  }

  @Sendable func list(_ call: PublicCall) async throws -> PublicResponse {
    let query = call.query
    var page = try query.page()
    if let after = query["after"] {
      guard page.cursor == nil else {
        throw ServiceError(.invalidRequest, "after and cursor mean the same: give one of them.")
      }
      page.cursor = after
    }
    let filter = AuditFilter(
      actor: query["actor"], action: query["action"], target: query["target"], from: try query.time("from"),
      to: try query.time("to"))
    return try .ok(try await AuditReading(peers: peers, access: access).page(filter, page, for: call.identity))
  }

  @Sendable func export(_ call: PublicCall) async throws -> PublicResponse {
    let export = AuditExport(
      peers: peers, access: access, from: try call.query.time("from"), to: try call.query.time("to"))
    return try await export.begin(for: call.identity)
  }
}
