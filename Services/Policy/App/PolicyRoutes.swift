import Model
import ServiceKit

/// Calls in, concepts asked, answers out. Who calls is established first, in one place.
struct PolicyRoutes {
  private let concepts: PolicyConcepts

  init(_ concepts: PolicyConcepts) { self.concepts = concepts }

  func add(to router: ServiceRouter) {
    addCallers(to: router)
    addBrowsers(to: router)
    addIntegrations(to: router)
    addApplications(to: router)
    addServers(to: router)
    addCharms(to: router)
    addAccess(to: router)
    addIdempotency(to: router)
  }

  private func addCallers(to router: ServiceRouter) {
    serve(SessionEndpoints.verify, on: router) { $1.caller }
    serve(SessionEndpoints.create, on: router) { try await concepts.sessions.create($0, by: $1) }
    serve(SessionEndpoints.end, on: router) { request, principal in
      try await concepts.sessions.end(request.id, by: principal)
      return Empty()
    }
    serve(SessionEndpoints.removeUser, on: router) { request, principal in
      try await concepts.users.remove(request.id, by: principal)
      return Empty()
    }
    serve(ProviderEndpoints.list, on: router) { request, _ in try concepts.providers.list(request) }
    serve(ProviderEndpoints.show, on: router) { request, _ in try concepts.providers.show(request.id) }
  }

  private func addBrowsers(to router: ServiceRouter) {
    let (links, sessions) = (concepts.signInLinks, concepts.browserSessions)
    serve(BrowserSessionEndpoints.createLink, on: router) { try await links.create($0, by: $1) }
    serve(BrowserSessionEndpoints.handOver, on: router) { try await sessions.handOver(by: $1) }
    router.serve(BrowserSessionEndpoints.showLink) { try await links.show($0.request.credential) }
    router.serve(BrowserSessionEndpoints.signIn) { call in
      try await links.spend(call.request, service: call.callerService, requestId: call.requestId)
    }
    router.serve(BrowserSessionEndpoints.verify) { try await sessions.verify($0.request.credential) }
    router.serve(BrowserSessionEndpoints.end) { call in
      try await sessions.end(call.request.credential, service: call.callerService, requestId: call.requestId)
      return Empty()
    }
  }

  private func addIntegrations(to router: ServiceRouter) {
    let integrations = concepts.integrations
    serve(IntegrationEndpoints.create, on: router) { try await integrations.create($0, by: $1) }
    serve(IntegrationEndpoints.list, on: router) { try await integrations.list($0, by: $1) }
    serve(IntegrationEndpoints.show, on: router) { try await integrations.show($0.id, by: $1) }
    serve(IntegrationEndpoints.update, on: router) { try await integrations.update($0.id, $0.request, by: $1) }
    serve(IntegrationEndpoints.rotateSecret, on: router) {
      try await integrations.rotateSecret($0.id, $0.request, by: $1)
    }
    serve(IntegrationEndpoints.delete, on: router) { target, principal in
      try await integrations.delete(target.id, target.request, by: principal)
      return Empty()
    }
    serve(IntegrationEndpoints.authorizeCheck, on: router) { try await integrations.authorizeCheck($0.id, by: $1) }
    router.serve(IntegrationEndpoints.client) { try await integrations.client($0.request) }
  }

  private func addApplications(to router: ServiceRouter) {
    let applications = concepts.applications
    serve(ApplicationEndpoints.list, on: router) { try await applications.list($0, by: $1) }
    serve(ApplicationEndpoints.show, on: router) { try await applications.show($0.id, by: $1) }
    serve(ApplicationEndpoints.update, on: router) { try await applications.update($0, by: $1) }
  }

  private func addServers(to router: ServiceRouter) {
    let (servers, descriptors, tools) = (concepts.servers, concepts.descriptors, concepts.tools)
    serve(MCPServerEndpoints.create, on: router) { try await servers.create($0, by: $1) }
    serve(MCPServerEndpoints.list, on: router) { try await servers.list($0, by: $1) }
    serve(MCPServerEndpoints.show, on: router) { try await servers.show($0.id, by: $1) }
    serve(MCPServerEndpoints.update, on: router) { try await servers.update($0.id, $0.request, by: $1) }
    serve(MCPServerEndpoints.delete, on: router) { reference, principal in
      try await servers.delete(reference.id, by: principal)
      return Empty()
    }
    serve(MCPServerEndpoints.descriptors, on: router) { try await descriptors.list($0, by: $1) }
    serve(MCPServerEndpoints.descriptor, on: router) { try await descriptors.show($0.id, by: $1) }
    serve(MCPServerEndpoints.tools, on: router) { try await tools.list($0.id, $0.request, by: $1) }
    serve(MCPServerEndpoints.storeTools, on: router) { try await tools.keep($0.id, $0.request, by: $1) }
    serve(MCPServerEndpoints.approveTool, on: router) { try await tools.approve($0.id, $0.request, by: $1) }
    serve(MCPServerEndpoints.blockTool, on: router) { try await tools.block($0.id, $0.request, by: $1) }
    serve(MCPAccessEndpoints.authorize, on: router) { try await concepts.mcpAccess.authorize($0, by: $1) }
  }

  private func addCharms(to router: ServiceRouter) {
    let charms = concepts.charms
    serve(CharmEndpoints.create, on: router) { try await charms.create($0, by: $1) }
    serve(CharmEndpoints.list, on: router) { try await charms.list($0, by: $1) }
    serve(CharmEndpoints.show, on: router) { try await charms.show($0.id, by: $1) }
    serve(CharmEndpoints.update, on: router) { try await charms.update($0, by: $1) }
    serve(CharmEndpoints.delete, on: router) { target, principal in
      try await charms.delete(target.id, by: principal)
      return Empty()
    }
  }

  private func addAccess(to router: ServiceRouter) {
    let (flowAccess, feed) = (concepts.flowAccess, concepts.changeFeed)
    serve(AccessEndpoints.authorize, on: router) { try await concepts.access.authorize($0, by: $1) }
    router.serve(AccessEndpoints.authorizeFlow) { call in
      try await flowAccess.authorize(call.request, service: call.callerService, requestId: call.requestId)
    }
    router.serve(ChangeEndpoints.poll) { try await feed.poll($0.request) }
  }

  private func addIdempotency(to router: ServiceRouter) {
    let idempotency = concepts.idempotency
    serve(IdempotencyEndpoints.claim, on: router) { try await idempotency.claim($0, by: $1) }
    router.serve(IdempotencyEndpoints.complete) { call in
      try await idempotency.complete(call.request)
      return Empty()
    }
    router.serve(IdempotencyEndpoints.abandon) { call in
      try await idempotency.abandon(call.request)
      return Empty()
    }
  }

  /// Serves a call on behalf of a caller, who is verified before anything else happens.
  private func serve<Request: Codable & Sendable, Response: Codable & Sendable>(
    _ endpoint: Endpoint<OnBehalf<Request>, Response>, on router: ServiceRouter,
    _ handler: @escaping @Sendable (Request, Principal) async throws -> Response
  ) {
    let callers = concepts.callers
    router.serve(endpoint) { call in
      let principal = try await callers.verify(
        call.request.credential, service: call.callerService, requestId: call.requestId)
      return try await handler(call.request.request, principal)
    }
  }
}
