import Model
import ServiceKit

/// Webhooks and what became of their messages, for owners and admins.
struct WebhookRoutes: Sendable {
  let peers: PeerClients

  func add(to router: inout PublicRouter) {
    router.post("/v1/webhooks", create)
    router.get("/v1/webhooks", query: QueryParameters.pageNames, list)
    router.get("/v1/webhooks/{id}", show)
    router.patch("/v1/webhooks/{id}", update)
    router.delete("/v1/webhooks/{id}", delete)
    router.get("/v1/webhooks/{id}/deliveries", query: QueryParameters.pageNames.union(["state"]), deliveries)
    router.post("/v1/webhooks/{id}/deliveries/{notification}/replay", replay)
  }

  @Sendable func create(_ call: PublicCall) async throws -> PublicResponse {
    let request: CreateWebhook = try await call.body()
    return try .created(try await peers.call(WebhookEndpoints.create, call.identity.asking(request)))
  }

  @Sendable func list(_ call: PublicCall) async throws -> PublicResponse {
    let page = try call.query.page()
    return try .ok(try await peers.call(WebhookEndpoints.list, call.identity.asking(page)))
  }

  @Sendable func show(_ call: PublicCall) async throws -> PublicResponse {
    try .ok(try await peers.call(WebhookEndpoints.show, call.identity.asking(Reference(id: try id(call)))))
  }

  @Sendable func update(_ call: PublicCall) async throws -> PublicResponse {
    let request: UpdateWebhook = try await call.body()
    let target = Targeted(try id(call), request)
    return try .ok(try await peers.call(WebhookEndpoints.update, call.identity.asking(target)))
  }

  @Sendable func delete(_ call: PublicCall) async throws -> PublicResponse {
    _ = try await peers.call(WebhookEndpoints.delete, call.identity.asking(Reference(id: try id(call))))
    return .noContent
  }

  @Sendable func deliveries(_ call: PublicCall) async throws -> PublicResponse {
    let request = ListWebhookDeliveries(
      state: try call.query.choice("state", WebhookDelivery.State.self), page: try call.query.page())
    let target = Targeted(try id(call), request)
    return try .ok(try await peers.call(WebhookEndpoints.deliveries, call.identity.asking(target)))
  }

  @Sendable func replay(_ call: PublicCall) async throws -> PublicResponse {
    guard let notification = NotificationID(validating: try call.text("notification")) else {
      throw ServiceError(.notFound, "The webhook has no such delivery.")
    }
    let target = Targeted(try id(call), Reference(id: notification))
    return try .accepted(try await peers.call(WebhookEndpoints.replay, call.identity.asking(target)))
  }

  private func id(_ call: PublicCall) throws -> WebhookID { try call.id(WebhookKind.self) }
}
