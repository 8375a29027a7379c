import Model
import ScopeTexts
import ServiceKit

/// The gateway's parts, and the routes that they answer.
struct GatewayParts: Sendable {
  /// Entries kept at most: a busy installation's sessions, at about a kilobyte each.
  private static let rememberedAnswers = 50_000

  let peers: PeerClients
  let publicURL: PublicURL
  let callers: CallerDirectory
  let access: AccessBroker
  let limits: GatewayLimits
  let callerAddress: CallerAddress
  let consents: ConsentDescriber
  let authenticator: CallerAuthenticator
  let people: PersonReader
  let sessions: BrowserSessions
  let resources: MCPResources
  let refreshes: RefreshBroker
  let resolver: ConnectionResolver
  let flows: FlowStarter
  /// Of the vault's feed.
  let echo = ChangeEcho()

  /// - Throws: when a file that ships with the gateway cannot be read.
  init(peers: PeerClients, publicURL: PublicURL, limits: GatewayLimits, callerAddress: CallerAddress) throws {
    consents = ConsentDescriber(texts: try ScopeDictionary())
    self.limits = limits
    self.callerAddress = callerAddress
    self.peers = peers
    self.publicURL = publicURL
    people = PersonReader(peers: peers, isSecure: publicURL.isSecure)
    sessions = BrowserSessions(peers: peers, people: people)
    resources = MCPResources(publicURL: publicURL)
    callers = CallerDirectory(peers: peers, cache: FeedBoundCache(maximumCount: Self.rememberedAnswers))
    access = AccessBroker(peers: peers, cache: FeedBoundCache(maximumCount: Self.rememberedAnswers))
    refreshes = RefreshBroker(peers: peers)
    resolver = ConnectionResolver(peers: peers, refreshes: refreshes)
    flows = FlowStarter(
      peers: peers, publicURL: publicURL,
      limits: CallerLimits(
        perUser: limits.flowStartsPerUser, perOrganization: limits.flowStartsPerOrganization), consents: consents)
    authenticator = CallerAuthenticator(
      directory: callers, address: callerAddress,
      refusals: RateLimiter(perMinute: limits.refusedCredentialsPerAddress))
  }

  private func connections(_ mcp: MCPParts) -> ConnectionManagement {
    ConnectionManagement(
      peers: peers, access: access, flows: flows, servers: mcp.access, consent: mcp.consent(self), echo: echo)
  }

  /// The public API. Returns what was registered, for the tests that walk every route.
  @discardableResult
  func addPublicRoutes(to router: ServiceRouter, _ mcp: MCPParts) -> [PublicRouter.Route] {
    var routes = PublicRouter(
      router, authenticator: authenticator,
      console: ConsoleAuthenticator(
        people: people, publicURL: publicURL, address: callerAddress, refusals: authenticator.refusals),
      limits: CallerLimits(perUser: limits.callsPerUser, perOrganization: limits.callsPerOrganization),
      idempotentCalls: IdempotentCalls(peers: peers), members: MemberNames(peers: peers))
    SessionRoutes(peers: peers).add(to: &routes)
    UserRoutes(peers: peers).add(to: &routes)
    IdentityProviderRoutes(peers: peers).add(to: &routes)
    SignInLinkRoutes(peers: peers, publicURL: publicURL).add(to: &routes)
    ProviderRoutes(peers: peers).add(to: &routes)
    IntegrationRoutes(peers: peers, setup: IntegrationSetup(peers: peers)).add(to: &routes)
    ApplicationRoutes(peers: peers).add(to: &routes)
    MCPServerRoutes(peers: peers, setup: MCPServerSetup(peers: peers)).add(to: &routes)
    CharmRoutes(peers: peers).add(to: &routes)
    RuleRoutes(peers: peers).add(to: &routes)
    OrganizationRoutes(peers: peers).add(to: &routes)
    ConfigurationRoutes(
      peers: peers,
      setup: ConfigurationSetup(
        peers: peers, integrations: IntegrationSetup(peers: peers), servers: MCPServerSetup(peers: peers))
    ).add(to: &routes)
    mcp.addPublicRoutes(to: &routes, self)
    ClientAuthorizationRoutes(peers: peers).add(to: &routes)
    RuntimeRoutes(peers: peers, resources: resources).add(to: &routes)
    AuthRoutes(
      resolution: AuthResolution(access: access, resolver: resolver, flows: flows),
      connections: ApplicationConnections(peers: peers, access: access, refreshes: refreshes, echo: echo)
    ).add(to: &routes)
    FlowRoutes(peers: peers, access: access).add(to: &routes)
    ConnectionRoutes(connections: connections(mcp), revocations: RevocationManagement(peers: peers, access: access))
      .add(
        to: &routes)
    KeyRotationRoutes(rotations: KeyRotationManagement(peers: peers, access: access)).add(to: &routes)
    AuditRoutes(peers: peers, access: access).add(to: &routes)
    WebhookRoutes(peers: peers).add(to: &routes)
    return routes.routes
  }

  /// The pages that people see.
  func addPages(
    to router: ServiceRouter, _ mcp: MCPParts, origins: HostOrigins, signIn: ConnectSignIn, clients: ClientParts
  ) async throws {
    let responder = try await PageResponder(publicURL: publicURL)
    let journey = ConnectJourney(peers: peers)
    ConnectRoutes(
      journey: journey, gate: ConnectGate(people: people, signIn: signIn), responder: responder, consents: consents,
      callerAddress: callerAddress, callbacks: RateLimiter(perMinute: limits.callbacksPerAddress)
    ).add(to: router)
    HandOverRoutes(
      peers: peers, journey: journey, responder: responder, authenticator: authenticator, origins: origins
    ).add(to: router)
    ProviderSignInRoutes(
      peers: peers, sessions: sessions, responder: responder, callerAddress: callerAddress,
      trips: RateLimiter(perMinute: limits.callbacksPerAddress)
    ).add(to: router)
    OrganizationSwitchRoutes(sessions: sessions, responder: responder).add(to: router)
    SignInRoutes(
      peers: peers, sessions: sessions, responder: responder, callerAddress: callerAddress,
      refusals: authenticator.refusals
    ).add(to: router)
    addConsole(to: router, mcp, responder)
    OwnClientRoutes(publicURL: publicURL).add(to: router)
    clients.add(to: router, self, responder)
    try AssetRoutes().add(to: router)
    try BridgeRoutes().add(to: router)
  }

  private func addConsole(to router: ServiceRouter, _ mcp: MCPParts, _ responder: PageResponder) {
    ConsoleRoutes(sessions: sessions, responder: responder).add(to: router)
    let gate = ConsoleGate(people: people)
    let forms = ConsoleForms(responder: responder)
    ConnectionPages(
      gate: gate, own: OwnConnections(management: connections(mcp)), consents: consents, forms: forms
    ).add(to: router)
    IntegrationPages(peers: peers, setup: IntegrationSetup(peers: peers), gate: gate, forms: forms).add(to: router)
    MemberPages(peers: peers, gate: gate, forms: forms).add(to: router)
    AuditPages(reading: AuditReading(peers: peers, access: access), gate: gate, responder: responder).add(to: router)
    MCPServerPages(
      peers: peers, setup: MCPServerSetup(peers: peers), tools: mcp.toolRefresh, connecting: mcp.connecting(self),
      resources: resources, gate: gate,
      forms: forms
    ).add(to: router)
    let directories = ConsoleDirectoryReader(peers: peers)
    let previews = RulePreviews(peers: peers, forms: forms)
    RulePages(peers: peers, directories: directories, previews: previews, gate: gate, forms: forms).add(to: router)
    DefaultEffectPages(peers: peers, directories: directories, previews: previews, gate: gate, forms: forms)
      .add(to: router)
    DecisionPages(peers: peers, directories: directories, gate: gate, forms: forms).add(to: router)
    CharmPages(peers: peers, directories: directories, gate: gate, forms: forms).add(to: router)
    ApplicationPages(peers: peers, gate: gate, forms: forms).add(to: router)
    WebhookPages(peers: peers, gate: gate, forms: forms).add(to: router)
  }
}
