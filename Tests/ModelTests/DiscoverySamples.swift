import Model

/// MCP servers by their URL alone, on the wire.
extension WireSamples {
  static let discovery = MCPServerDiscovery(
    url: "https://mcp.example.com/mcp", access: .oauth,
    checks: [IntegrationCheck(name: "mcp_endpoint", ok: true, detail: "It asks for a token.")],
    resource: "https://mcp.example.com/mcp", challengedScopes: ["read"], supportedScopes: ["read", "write"],
    issuer: "https://id.example.com", authorizationServer: custom,
    registrationEndpoint: "https://id.example.com/register", supportsClientIdMetadata: true, registration: .dynamic,
    integrationId: integration)
  private static let registration = RegisterAtIssuer(
    registrationEndpoint: "https://id.example.com/register", redirectUri: "https://lanyard.example.com/oauth/callback",
    clientName: "Lanyard", clientUri: "https://lanyard.example.com", authentication: .post, scopes: ["read"])
  private static let issued = IssuedClient(
    clientId: "client", clientSecret: WireSecret("secret"), secretExpiresAt: time, authentication: .post)
  private static let found = AdoptDiscovery(discovery: discovery, client: issued)
  private static let newServer = CreateMCPServer(
    name: "Mail", url: "https://mcp.example.com/mcp",
    auth: MCPServerAuthInput(type: .oauth, scopes: ["read"], registration: .dynamic))

  static let discoveries: [WireSample] = [
    WireSample("MCPServerDiscovery", discovery),
    WireSample(
      "MCPServerDiscoveryFailed",
      MCPServerDiscovery(
        url: "https://mcp.example.com/mcp",
        problem: .init(code: .discoveryFailed, detail: "No authorization server was found."))),
    WireSample("DiscoverMCPServer", DiscoverMCPServer(url: "https://mcp.example.com/mcp")),
    WireSample("RediscoverMCPServer", RediscoverMCPServer(issuer: "https://id.example.com")),
    WireSample("RegisterAtIssuer", registration),
    WireSample("IssuedClient", issued),
    WireSample("PlanMCPServer", PlanMCPServer(discovery: discovery, server: newServer, mcpServerId: server)),
    WireSample("MCPServerPlan", MCPServerPlan(discovery: discovery, register: registration)),
    WireSample("CreateDiscoveredMCPServer", CreateDiscoveredMCPServer(server: newServer, found: found)),
    WireSample("AdoptDiscovery", Targeted<MCPServerKind, AdoptDiscovery>(server, found)),
    WireSample(
      "ReportIssuer", Targeted<MCPServerKind, ReportIssuer>(server, ReportIssuer(issuer: "https://id.example.com"))),
    WireSample("ReportedIssuer", ReportedIssuer(isKnown: true)),
    WireSample(
      "MCPServerDiscovered",
      MCPServer(
        id: server, name: "Mail", slug: "mail", url: "https://mcp.example.com/mcp",
        auth: MCPServerAuth(type: .oauth, integrationId: integration, scopes: ["read"]), allowedTools: nil,
        description: nil, status: .enabled, pinning: false,
        discovered: .init(
          issuer: "https://id.example.com", resource: "https://mcp.example.com/mcp", discoveredAt: time),
        configError: .init(
          reason: .issuerChanged, detail: "It names another one.", issuer: "https://other.example", since: time),
        createdAt: time, updatedAt: time)),
    WireSample(
      "IntegrationOfMCPServer",
      Integration(
        id: integration, name: "Mail", provider: "custom", providerUrl: "https://id.example.com", clientId: "client",
        defaultScopes: ["read"], maximumScopes: nil, variables: [:], custom: custom, status: .enabled,
        redirectUri: "https://lanyard.example.com/oauth/callback/int_1", secretExpiresAt: nil, registration: .dynamic,
        mcpServerId: server, createdAt: time, updatedAt: time)),
    WireSample(
      "ClientAccessForResource",
      ClientAccess(grant: signedGrant, client: client, resource: "https://mcp.example.com/mcp")),
  ]
}
