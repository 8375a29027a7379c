import Model
import ServiceKit

/// Access rules, what they would change, and why something is allowed or refused.
struct RuleRoutes: Sendable {
  /// Where a rule names members.
  private static let membersOfRule = ["subjects", "users", MemberNames.everyElement]

  let peers: PeerClients

  func add(to router: inout PublicRouter) {
    router.post("/v1/rules", create)
    router.get("/v1/rules", query: QueryParameters.pageNames, list)
    router.get("/v1/rules/{id}", show)
    router.put("/v1/rules/{id}", replace)
    router.delete("/v1/rules/{id}", delete)
    router.post("/v1/rules/preview", preview)
    router.post("/v1/decisions", explain)
  }

  @Sendable func create(_ call: PublicCall) async throws -> PublicResponse {
    let draft = try await call.body(RuleDraft.self, membersAt: [Self.membersOfRule])
    return try .created(try await peers.call(RuleEndpoints.create, call.identity.asking(draft)))
  }

  @Sendable func list(_ call: PublicCall) async throws -> PublicResponse {
    let page = try call.query.page()
    return try .ok(try await peers.call(RuleEndpoints.list, call.identity.asking(page)))
  }

  @Sendable func show(_ call: PublicCall) async throws -> PublicResponse {
    let reference = Reference(id: try call.id(RuleKind.self))
    return try .ok(try await peers.call(RuleEndpoints.show, call.identity.asking(reference)))
  }

  @Sendable func replace(_ call: PublicCall) async throws -> PublicResponse {
    let draft = try await call.body(RuleDraft.self, membersAt: [Self.membersOfRule])
    let target = Targeted(try call.id(RuleKind.self), draft)
    return try .ok(try await peers.call(RuleEndpoints.replace, call.identity.asking(target)))
  }

  @Sendable func delete(_ call: PublicCall) async throws -> PublicResponse {
    let reference = Reference(id: try call.id(RuleKind.self))
    _ = try await peers.call(RuleEndpoints.delete, call.identity.asking(reference))
    return .noContent
  }

  @Sendable func preview(_ call: PublicCall) async throws -> PublicResponse {
    let places = [["rules", MemberNames.everyElement] + Self.membersOfRule]
    let request = try await call.body(RulePreviewRequest.self, membersAt: places)
    return try .ok(try await peers.call(RuleEndpoints.preview, call.identity.asking(request)))
  }

  @Sendable func explain(_ call: PublicCall) async throws -> PublicResponse {
    let question = try await call.body(DecisionQuestion.self, membersAt: [["subject", "userId"]])
    return try .ok(try await peers.call(DecisionEndpoints.explain, call.identity.asking(question)))
  }
}
