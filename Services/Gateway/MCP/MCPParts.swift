import Egress
import Model
import ServiceKit

/// The parts of the MCP endpoint.
struct MCPParts: Sendable {
  /// Answers kept at most: each holds the tools of a server.
  private static let rememberedAnswers = 10_000

  let access: MCPAccessBroker
  let changes = MCPChanges()
  let notices: MCPNotices
  private let sessions: MCPSessions
  private let catalogue: MCPCatalogue
  private let upstream: MCPUpstream

  init(_ environment: ServiceEnvironment, egress: EgressClient, callSeconds: Int) {
    let wire = MCPWire(egress: egress)
    let eras = MCPEras(wire: wire)
    access = MCPAccessBroker(
      peers: environment.peers, cache: FeedBoundCache(maximumCount: Self.rememberedAnswers))
    sessions = MCPSessions(environment.credentials)
    catalogue = MCPCatalogue(peers: environment.peers, wire: wire, eras: eras)
    notices = MCPNotices(wire: wire)
    upstream = MCPUpstream(
      wire: wire, eras: eras, notices: notices, callSeconds: callSeconds, logger: environment.logger)
  }

  /// The public API's routes about MCP servers that need more than the policy service.
  func addPublicRoutes(to routes: inout PublicRouter, _ parts: GatewayParts) {
    MCPMemberRoutes(
      access: access, catalogue: catalogue, credentials: credentials(parts), consent: consent(parts)
    ).add(to: &routes)
  }

  /// The endpoint that MCP clients call.
  func add(to router: ServiceRouter, _ parts: GatewayParts, origins: HostOrigins) {
    let tools = MCPTools(
      access: access, catalogue: catalogue, credentials: credentials(parts), upstream: upstream,
      consent: consent(parts))
    MCPRoutes(
      authenticator: MCPAuthenticator(callers: parts.authenticator, resources: parts.resources), origins: origins,
      sessions: sessions,
      dispatcher: MCPDispatcher(sessions: sessions, tools: tools, changes: changes)
    ).add(to: router)
  }

  private func credentials(_ parts: GatewayParts) -> MCPCredentials {
    MCPCredentials(peers: parts.peers, resolver: parts.resolver)
  }

  private func consent(_ parts: GatewayParts) -> MCPConsent {
    MCPConsent(peers: parts.peers, access: parts.access, flows: parts.flows)
  }
}
