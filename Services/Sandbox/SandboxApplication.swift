import FoundationEssentials
public import Hummingbird
public import Logging
import NIOCore

/// The sandbox as an application that is ready to run: the one place that knows every part.
public func buildSandbox(_ settings: SandboxSettings, logger: Logger) async throws -> some ApplicationProtocol {
  try await buildSandbox(settings, provider: Provider(settings) { Date() }, logger: logger)
}

/// The same around a provider that the caller keeps hold of, as tests do.
func buildSandbox(
  _ settings: SandboxSettings, provider: Provider, logger: Logger,
  onPort: @escaping @Sendable (Int) async -> Void = { _ in }
) async throws -> some ApplicationProtocol {
  let router = Router(context: SandboxContext.self)
  router.add(middleware: EdgeMiddleware())
  // Nothing stands behind the sandbox: once it listens, it is ready.
  router.get("healthz") { _, _ in try Response.admin(["status": "ok"]) }
  router.get("readyz") { _, _ in try Response.admin(["status": "ready"]) }
  PictureRoutes().add(to: router)
  addProviderRoutes(to: router, provider: provider, pages: try await Pages.load())
  addAdminRoutes(to: router, provider: provider, token: settings.adminToken)
  return Application(
    router: router,
    server: .http1(configuration: .init(idleTimeout: .seconds(Int64(Limits.idleConnectionSeconds)))),
    configuration: .init(address: .hostname(settings.host, port: settings.port)),
    onServerRunning: { channel in
      let port = channel.localAddress?.port ?? settings.port
      if settings.issuer == nil { provider.issuer.set(settings.listeningOrigin(port: port)) }
      await onPort(port)
    },
    logger: logger)
}

private func addProviderRoutes(to router: Router<SandboxContext>, provider: Provider, pages: Pages) {
  func intake(
    _ endpoint: ProviderEndpoint, in group: RouterGroup<SandboxContext>? = nil
  ) -> RouterGroup<SandboxContext> {
    (group ?? router.group())
      .add(middleware: IntakeMiddleware(endpoint: endpoint, counters: provider.counters))
      .add(middleware: FaultMiddleware(endpoint: endpoint, faults: provider.faults, counters: provider.counters))
  }
  func endpoint(
    _ endpoint: ProviderEndpoint, in group: RouterGroup<SandboxContext>? = nil
  ) -> RouterGroup<SandboxContext> {
    intake(endpoint, in: group).add(middleware: OutcomeMiddleware(endpoint: endpoint, counters: provider.counters))
  }
  func crossOrigin(_ name: ProviderEndpoint) -> RouterGroup<SandboxContext> {
    endpoint(name, in: router.group().add(middleware: CrossOriginMiddleware()))
  }
  let authentication = ClientAuthentication(clients: provider.clients)
  let access = BearerAccess(tokens: provider.tokens)
  let authorize = AuthorizeRoutes(
    flow: provider.flow, documents: provider.documents, browsers: BrowserCookie(issuer: provider.issuer), pages: pages)
  authorize.add(
    to: intake(.authorize).add(
      middleware: OutcomeMiddleware(endpoint: .authorize, counters: provider.counters, answer: authorize.answer)))
  authorize.addPages(to: router.group().add(middleware: PageErrorMiddleware(pages: pages)))

  let exchange = TokenExchange(tokens: provider.tokens, signer: provider.signer)
  TokenRoutes(authentication: authentication, exchange: exchange).add(to: endpoint(.token))
  RevocationRoutes(authentication: authentication, tokens: provider.tokens).add(to: endpoint(.revocation))
  IntrospectionRoutes(authentication: authentication, tokens: provider.tokens, issuer: provider.issuer)
    .add(to: endpoint(.introspection))
  RegistrationRoutes(clients: provider.clients, policy: provider.discovery, now: provider.now)
    .add(to: endpoint(.registration))

  let discovery = DiscoveryRoutes(issuer: provider.issuer, signer: provider.signer, policy: provider.discovery)
  discovery.addMetadata(to: endpoint(.discovery))
  discovery.addKeys(to: endpoint(.jwks))
  UserInfoRoutes(access: access, issuer: provider.issuer).add(to: crossOrigin(.userinfo))
  MailRoutes(access: access, openedAt: provider.now()).add(to: crossOrigin(.mail))

  ResourceMetadataRoutes(access: provider.mcp.access).add(to: endpoint(.discovery))
  MCPRoutes(access: provider.mcp.access, server: provider.mcp, counters: provider.counters).add(to: intake(.mcp))
  ElicitationPage(elicitations: provider.mcp.elicitations).add(to: router)
  for path: RouterPath in ["userinfo", "api/messages"] { CrossOriginMiddleware.addPreflight(to: router, at: path) }
}

private func addAdminRoutes(to router: Router<SandboxContext>, provider: Provider, token: Fingerprint) {
  let admin = router.group("admin").add(middleware: AdminMiddleware(token: token))
  FaultRoutes(faults: provider.faults).add(to: admin)
  CounterRoutes(counters: provider.counters).add(to: admin)
  AdminTokenRoutes(tokens: provider.tokens, journeys: provider.journeys).add(to: admin)
  AdminSettingsRoutes(policy: provider.policy).add(to: admin)
  AdminDiscoveryRoutes(policy: provider.discovery).add(to: admin)
  AdminClientRoutes(clients: provider.clients).add(to: admin)
  HeadlessConsentRoutes(flow: provider.flow, documents: provider.documents).add(to: admin)
  AdminMCPRoutes(server: provider.mcp).add(to: admin)
  ResetRoutes(provider: provider).add(to: admin)
}

extension Provider {
  fileprivate var flow: AuthorizationFlow {
    AuthorizationFlow(
      clients: clients, journeys: journeys, tokens: tokens,
      answers: AuthorizationAnswer(issuer: issuer, discovery: discovery, faults: faults, counters: counters), now: now)
  }

  fileprivate var documents: ClientDocuments { ClientDocuments(clients: clients, policy: discovery) }
}
