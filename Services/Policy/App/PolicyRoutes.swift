import Model
import ServiceKit

/// Calls in, concepts asked, answers out. Who calls is established first, in one place.
struct PolicyRoutes {
  private let concepts: PolicyConcepts

  init(_ concepts: PolicyConcepts) { self.concepts = concepts }

  func add(to router: ServiceRouter) {
    addCallers(to: router)
    addBrowsers(to: router)
    addSignIns(to: router)
    addClients(to: router)
    addIntegrations(to: router)
    addApplications(to: router)
    addServers(to: router)
    addDiscovery(to: router)
    addCharms(to: router)
    addRules(to: router)
    addAccess(to: router)
    addIdempotency(to: router)
    addAudit(to: router)
    addNotifications(to: router)
  }

  private func addNotifications(to router: ServiceRouter) {
    let (webhooks, deliveries) = (concepts.notifications.webhooks, concepts.notifications.deliveries)
    serve(WebhookEndpoints.create, on: router) { try await webhooks.create($0, by: $1) }
    serve(WebhookEndpoints.list, on: router) { try await webhooks.list($0, by: $1) }
    serve(WebhookEndpoints.show, on: router) { try await webhooks.show($0.id, by: $1) }
    serve(WebhookEndpoints.update, on: router) { try await webhooks.update($0.id, $0.request, by: $1) }
    serve(WebhookEndpoints.delete, on: router) { reference, principal in
      try await webhooks.delete(reference.id, by: principal)
      return Empty()
    }
    serve(WebhookEndpoints.deliveries, on: router) { try await webhooks.listDeliveries($0.id, $0.request, by: $1) }
    serve(WebhookEndpoints.replay, on: router) { try await webhooks.replay($0.id, $0.request.id, by: $1) }
    router.serve(NotificationEndpoints.claim) { try await deliveries.claim($0.request) }
    router.serve(NotificationEndpoints.report) { call in
      try await deliveries.report(call.request)
      return Empty()
    }
  }

  private func addAudit(to router: ServiceRouter) {
    let trail = concepts.auditTrail
    let toolCallTrail = concepts.toolCallTrail
    router.serve(AuditEndpoints.recordToolCalls) { call in
      try await toolCallTrail.record(call.request, from: call.callerService)
      return Empty()
    }
    serve(AuditEndpoints.connectionCalls, on: router) { try await toolCallTrail.calls($0, by: $1) }
    serve(AuditEndpoints.listPolicy, on: router) { try await trail.list($0, by: $1) }
    serve(AuditEndpoints.exportPolicy, on: router) { try await trail.export($0, by: $1) }
    serve(AuditEndpoints.beginExport, on: router) { request, principal in
      try await trail.beginExport(request, by: principal)
      return Empty()
    }
  }

  private func addCallers(to router: ServiceRouter) {
    serve(SessionEndpoints.verify, on: router, admitsClients: true) { $1.caller }
    serve(SessionEndpoints.create, on: router) { try await concepts.sessions.create($0, by: $1) }
    serve(SessionEndpoints.end, on: router) { request, principal in
      try await concepts.sessions.end(request.id, by: principal)
      return Empty()
    }
    serve(SessionEndpoints.removeUser, on: router) { request, principal in
      try await concepts.users.remove(request.id, by: principal)
      return Empty()
    }
    serve(UserEndpoints.list, on: router) { try await concepts.users.list($0, by: $1) }
    serve(UserEndpoints.named, on: router) { try await concepts.users.named($0, by: $1) }
    serve(UserEndpoints.update, on: router) { try await concepts.users.update($0.id, $0.request, by: $1) }
    serve(UserEndpoints.readmit, on: router) { request, principal in
      try await concepts.users.readmit(request.id, by: principal)
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

  private func addSignIns(to router: ServiceRouter) {
    let (providers, signIns, completion) = (concepts.identityProviders, concepts.signIns, concepts.signInCompletion)
    serve(IdentityProviderEndpoints.show, on: router) { try await providers.show(by: $1) }
    serve(IdentityProviderEndpoints.authorizeChange, on: router) {
      try await providers.authorizeChange(by: $1)
      return $0
    }
    serve(IdentityProviderEndpoints.put, on: router) { try await providers.put($0, by: $1) }
    serve(IdentityProviderEndpoints.delete, on: router) {
      try await providers.delete(by: $1)
      return $0
    }
    router.serve(SignInEndpoints.find) { try await signIns.find($0.request) }
    router.serve(SignInEndpoints.begin) { try await signIns.begin($0.request) }
    router.serve(SignInEndpoints.claim) { try await signIns.claim($0.request) }
    router.serve(SignInEndpoints.complete) { call in
      try await completion.complete(call.request, service: call.callerService, requestId: call.requestId)
    }
    router.serve(SignInEndpoints.refuse) { call in
      try await signIns.refuse(call.request, service: call.callerService, requestId: call.requestId)
      return Empty()
    }
  }

  private func addClients(to router: ServiceRouter) {
    let (clients, authorizations, tokens) = (concepts.clients, concepts.clientAuthorizations, concepts.clientTokens)
    router.serve(RegisteredClientEndpoints.register) { try await clients.register($0.request) }
    router.serve(RegisteredClientEndpoints.show) { try await clients.show($0.request.id) }
    serve(ClientAuthorizationEndpoints.review, on: router) { try await authorizations.review($0, by: $1) }
    serve(ClientAuthorizationEndpoints.authorize, on: router) { try await authorizations.authorize($0, by: $1) }
    serve(ClientAuthorizationEndpoints.list, on: router) { try await authorizations.list($0, by: $1) }
    serve(ClientAuthorizationEndpoints.revoke, on: router) { reference, principal in
      try await authorizations.revoke(reference.id, by: principal)
      return Empty()
    }
    router.serve(ClientTokenEndpoints.redeem) { call in
      try await tokens.redeem(call.request, service: call.callerService, requestId: call.requestId)
    }
    router.serve(ClientTokenEndpoints.refresh) { call in
      try await tokens.refresh(call.request, service: call.callerService, requestId: call.requestId)
    }
    router.serve(ClientTokenEndpoints.revoke) { call in
      try await tokens.revoke(call.request, service: call.callerService, requestId: call.requestId)
      return Empty()
    }
    serve(RuntimeEndpoints.servers, on: router) { try await concepts.runtime.servers($0, by: $1) }
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
    serve(MCPServerEndpoints.storeTools, on: router, admitsClients: true) {
      try $1.requireReach(to: $0.id)
      return try await tools.keep($0.id, $0.request, by: $1)
    }
    serve(MCPServerEndpoints.approveTool, on: router) { try await tools.approve($0.id, $0.request, by: $1) }
    serve(MCPServerEndpoints.blockTool, on: router) { try await tools.block($0.id, $0.request, by: $1) }
    serve(MCPAccessEndpoints.authorize, on: router, admitsClients: true) {
      try $1.requireReach(to: $0)
      return try await concepts.mcpAccess.authorize($0, by: $1)
    }
  }

  private func addDiscovery(to router: ServiceRouter) {
    let discovery = concepts.discovery
    serve(MCPDiscoveryEndpoints.plan, on: router) { try await discovery.planner.plan($0, by: $1) }
    serve(MCPDiscoveryEndpoints.create, on: router) { try await discovery.create($0, by: $1) }
    serve(MCPDiscoveryEndpoints.adopt, on: router) { try await discovery.adopt($0.id, $0.request, by: $1) }
    serve(MCPDiscoveryEndpoints.report, on: router) { try await discovery.report($0.id, $0.request, by: $1) }
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

  private func addRules(to router: ServiceRouter) {
    let (rules, organization) = (concepts.rules, concepts.organization)
    serve(RuleEndpoints.create, on: router) { try await rules.create($0, by: $1) }
    serve(RuleEndpoints.list, on: router) { try await rules.list($0, by: $1) }
    serve(RuleEndpoints.show, on: router) { try await rules.show($0.id, by: $1) }
    serve(RuleEndpoints.replace, on: router) { try await rules.replace($0.id, $0.request, by: $1) }
    serve(RuleEndpoints.delete, on: router) { reference, principal in
      try await rules.delete(reference.id, by: principal)
      return Empty()
    }
    serve(RuleEndpoints.preview, on: router) { try await concepts.previews.preview($0, by: $1) }
    serve(ImpactEndpoints.show, on: router) { try await concepts.impacts.impact(of: $0, by: $1) }
    serve(DecisionEndpoints.explain, on: router) { try await concepts.decisions.explain($0, by: $1) }
    serve(OrganizationEndpoints.show, on: router) { try await organization.show(by: $1) }
    serve(OrganizationEndpoints.update, on: router) { try await organization.update($0, by: $1) }
    serve(ConfigurationEndpoints.show, on: router) { try await concepts.configuration.show(by: $1) }
    serve(ConfigurationEndpoints.apply, on: router) { try await concepts.configuration.apply($0, by: $1) }
    serve(MCPAccessEndpoints.decideTool, on: router, admitsClients: true) {
      try $1.requireReach(to: MCPAccessRequest(mcpServerId: $0.mcpServerId, application: $0.application))
      return try await concepts.toolCalls.decide($0, by: $1)
    }
  }

  private func addAccess(to router: ServiceRouter) {
    let (flowAccess, feed) = (concepts.flowAccess, concepts.changeFeed)
    serve(AccessEndpoints.authorize, on: router, admitsClients: true) {
      try $1.requireReach(to: $0)
      return try await concepts.access.authorize($0, by: $1)
    }
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
  ///
  /// - Parameter admitsClients: whether the call belongs to the MCP endpoint. An MCP client's token is good for nothing else.
  private func serve<Request: Codable & Sendable, Response: Codable & Sendable>(
    _ endpoint: Endpoint<OnBehalf<Request>, Response>, on router: ServiceRouter,
    admitsClients: Bool = false, _ handler: @escaping @Sendable (Request, Principal) async throws -> Response
  ) {
    let callers = concepts.callers
    router.serve(endpoint) { call in
      let principal = try await callers.verify(
        call.request.credential, service: call.callerService, requestId: call.requestId)
      guard admitsClients || principal.caller.credential != .clientToken else {
        throw ServiceError(.forbidden, "This token is for MCP servers only.")
      }
      return try await handler(call.request.request, principal)
    }
  }
}
