import FoundationEssentials

/// Everything that the sandbox remembers, one part per concern. All of it is in memory and ends with the process.
struct Provider: Sendable {
  let issuer: Issuer
  let policy: LivePolicy
  let discovery: LiveDiscovery
  let clients: ClientRegistry
  let tokens: TokenStore
  let journeys: JourneyStore
  let faults: FaultList
  let counters: Counters
  let signer: IDTokenSigner
  let mcp: MCPServer
  let now: Now

  init(_ settings: SandboxSettings, now: @escaping Now) {
    issuer = Issuer(settings.issuer ?? settings.listeningOrigin(port: settings.port))
    policy = LivePolicy(settings.policy)
    discovery = LiveDiscovery()
    clients = ClientRegistry(configured: settings.client)
    tokens = TokenStore(policy: policy, now: now)
    journeys = JourneyStore(now: now)
    faults = FaultList()
    counters = Counters()
    signer = IDTokenSigner(issuer: issuer, now: now)
    mcp = MCPServer(
      catalogue: ToolCatalogue(), sessions: MCPSessions(), elicitations: Elicitations(), counters: MCPCounters(),
      access: MCPAccess(tokens: tokens, issuer: issuer, discovery: discovery, staticToken: settings.mcpStaticToken))
    self.now = now
  }

  func reset() {
    policy.reset()
    discovery.reset()
    clients.reset()
    tokens.reset()
    journeys.reset()
    faults.clear()
    counters.reset()
    mcp.reset()
  }
}
