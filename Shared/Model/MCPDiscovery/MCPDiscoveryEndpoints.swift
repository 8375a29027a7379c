/// MCP servers by their URL alone: the exchanger looks and registers, the policy service decides and stores, the gateway leads.
public enum MCPDiscoveryEndpoints {
  /// Looks at the server and its authorization server. What it finds is for ``plan`` to judge.
  public static let discover = Endpoint<DiscoverMCPServer, MCPServerDiscovery>(
    .exchanger, .post, "/internal/mcp-servers/discover", callers: [.gateway], timeoutSeconds: 60)
  /// Makes Lanyard a client of an authorization server, once per call.
  public static let register = Endpoint<RegisterAtIssuer, IssuedClient>(
    .exchanger, .post, "/internal/clients/register", callers: [.gateway], timeoutSeconds: 30)

  /// Decides how Lanyard becomes the server's client, before anything is registered or stored.
  public static let plan = Endpoint<OnBehalf<PlanMCPServer>, MCPServerPlan>(
    .policy, .post, "/internal/mcp-servers/plan", callers: [.gateway])
  /// Stores a server with what was found. A client secret goes straight on to the vault.
  public static let create = Endpoint<OnBehalf<CreateDiscoveredMCPServer>, MCPServer>(
    .policy, .post, "/internal/mcp-servers/create-discovered", callers: [.gateway])
  /// The same for a server that is there already: the owner takes what is found now.
  public static let adopt = Endpoint<OnBehalf<Targeted<MCPServerKind, AdoptDiscovery>>, MCPServer>(
    .policy, .post, "/internal/mcp-servers/adopt-discovery", callers: [.gateway])
  /// Tells which issuer a server names now, on any caller's behalf. Another one than the stored puts the server out of use.
  public static let report = Endpoint<OnBehalf<Targeted<MCPServerKind, ReportIssuer>>, ReportedIssuer>(
    .policy, .post, "/internal/mcp-servers/report-issuer", callers: [.gateway])
}

/// Asks how a server can be set up.
public struct PlanMCPServer: Codable, Sendable {
  public var discovery: MCPServerDiscovery
  /// Checked along with it, so that nothing is registered for a server that could not be stored. Absent: the question alone.
  public var server: CreateMCPServer?
  /// The server that is there already.
  public var mcpServerId: MCPServerID?

  public init(discovery: MCPServerDiscovery, server: CreateMCPServer? = nil, mcpServerId: MCPServerID? = nil) {
    self.discovery = discovery
    self.server = server
    self.mcpServerId = mcpServerId
  }
}

/// The answer: the discovery with the decision in it, and what a registration needs.
public struct MCPServerPlan: Codable, Sendable {
  public var discovery: MCPServerDiscovery
  /// For ``Integration/Registration/dynamic``.
  public var register: RegisterAtIssuer?

  public init(discovery: MCPServerDiscovery, register: RegisterAtIssuer? = nil) {
    self.discovery = discovery
    self.register = register
  }
}

/// A decided discovery, with the client that was registered for it.
public struct AdoptDiscovery: Codable, Sendable {
  public var discovery: MCPServerDiscovery
  public var client: IssuedClient?

  public init(discovery: MCPServerDiscovery, client: IssuedClient? = nil) {
    self.discovery = discovery
    self.client = client
  }
}

/// A new server together with what was found about it.
public struct CreateDiscoveredMCPServer: Codable, Sendable {
  public var server: CreateMCPServer
  public var found: AdoptDiscovery

  public init(server: CreateMCPServer, found: AdoptDiscovery) {
    self.server = server
    self.found = found
  }
}

/// What a server's metadata names as its authorization server.
public struct ReportIssuer: Codable, Sendable {
  public var issuer: String

  public init(issuer: String) { self.issuer = issuer }
}

/// Whether the server is still the one that was set up.
public struct ReportedIssuer: Codable, Sendable {
  public var isKnown: Bool

  public init(isKnown: Bool) { self.isKnown = isKnown }
}
