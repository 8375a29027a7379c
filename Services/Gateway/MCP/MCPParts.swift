import Egress
import Model
import ServiceKit

/// The parts of the MCP endpoint.
struct MCPParts: Sendable {
  /// Answers kept at most: each holds the tools of a server.
  private static let rememberedAnswers = 10_000

  let access: MCPAccessBroker
  let changes = MCPChanges()
  private let sessions: MCPSessions
  private let catalogue: MCPCatalogue
  private let upstream: MCPUpstream

  init(_ environment: ServiceEnvironment, egress: EgressClient) {
    let wire = MCPWire(egress: egress)
    let eras = MCPEras(wire: wire)
    access = MCPAccessBroker(
      peers: environment.peers, cache: FeedBoundCache(maximumCount: Self.rememberedAnswers))
    sessions = MCPSessions(environment.credentials)
    catalogue = MCPCatalogue(peers: environment.peers, wire: wire, eras: eras)
    upstream = MCPUpstream(wire: wire, eras: eras, logger: environment.logger)
  }

  func add(to router: ServiceRouter, _ parts: GatewayParts, origins: HostOrigins) {
    let credentials = MCPCredentials(peers: parts.peers, resolver: parts.resolver)
    let tools = MCPTools(
      access: access, catalogue: catalogue, credentials: credentials, upstream: upstream,
      consent: MCPConsent(peers: parts.peers, access: parts.access, flows: parts.flows))
    MCPRoutes(
      authenticator: parts.authenticator, origins: origins, sessions: sessions,
      dispatcher: MCPDispatcher(sessions: sessions, tools: tools, changes: changes)
    ).add(to: router)
  }
}
