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
  let leases = MCPLeases()
  let audit: CallAudit
  let upkeep: MCPCatalogueUpkeep
  let parked = MCPParkedCalls()
  private let questions = MCPQuestions()
  private let watch: MCPServerWatch
  private let credentials: MCPCredentials
  private let sessions: MCPSessions
  private let catalogue: MCPCatalogue
  private let upstream: MCPUpstream
  private let eras: MCPEras
  private let proxy: MCPProxy
  private let issuers: MCPIssuerWatch
  private let callsPerMinute: Int

  init(
    _ environment: ServiceEnvironment, egress: EgressClient, _ configuration: GatewayConfiguration,
    _ resolver: ConnectionResolver
  ) {
    let limits = configuration.limits
    let wire = MCPWire(egress: egress)
    let eras = MCPEras(wire: wire)
    self.eras = eras
    proxy = MCPProxy(egress: egress, callSeconds: limits.mcpCallSeconds)
    issuers = MCPIssuerWatch(peers: environment.peers, logger: environment.logger)
    access = MCPAccessBroker(
      peers: environment.peers, cache: FeedBoundCache(maximumCount: Self.rememberedAnswers))
    sessions = MCPSessions(environment.credentials)
    catalogue = MCPCatalogue(peers: environment.peers, wire: wire, eras: eras)
    notices = MCPNotices(wire: wire)
    credentials = MCPCredentials(peers: environment.peers, resolver: resolver, leases: leases)
    upkeep = MCPCatalogueUpkeep(
      catalogue: catalogue, credentials: credentials, maximumAgeSeconds: configuration.toolListSeconds,
      logger: environment.logger)
    watch = MCPServerWatch(access: access, wire: wire, eras: eras, credentials: credentials, upkeep: upkeep)
    upstream = MCPUpstream(
      wire: wire, eras: eras, notices: notices, issuers: issuers, upkeep: upkeep, questions: questions, parked: parked,
      callSeconds: limits.mcpCallSeconds, logger: environment.logger)
    audit = CallAudit(
      capacity: limits.mcpUnrecordedCalls, peers: environment.peers, logger: environment.logger)
    callsPerMinute = limits.mcpCallsPerOrganization
  }

  var toolRefresh: MCPToolRefresh {
    MCPToolRefresh(access: access, catalogue: catalogue, credentials: credentials, issuers: issuers)
  }

  func connecting(_ parts: GatewayParts) -> MCPConnecting {
    MCPConnecting(credentials: credentials, consent: consent(parts), eras: eras, issuers: issuers)
  }

  /// The public API's routes about MCP servers that need more than the policy service.
  func addPublicRoutes(to routes: inout PublicRouter, _ parts: GatewayParts) {
    MCPMemberRoutes(
      access: access, connecting: connecting(parts), tools: toolRefresh
    ).add(to: &routes)
  }

  /// The endpoint that MCP clients call.
  func add(to router: ServiceRouter, _ parts: GatewayParts, _ configuration: GatewayConfiguration) {
    let tools = MCPTools(
      access: access, catalogue: catalogue, upkeep: upkeep, credentials: credentials, upstream: upstream,
      consent: consent(parts))
    MCPProxyRoutes(
      authenticator: parts.authenticator, origins: configuration.hostOrigins, access: access, proxy: proxy,
      audit: audit, position: configuration.explicitServers,
      calls: RateLimiter(perMinute: parts.limits.explicitCallsPerUser)
    ).add(to: router)
    MCPRoutes(
      authenticator: MCPAuthenticator(callers: parts.authenticator, resources: parts.resources),
      origins: configuration.hostOrigins, sessions: sessions,
      dispatcher: MCPDispatcher(
        sessions: sessions, tools: tools,
        calls: MCPRecordedCalls(tools: tools, audit: audit, callsPerMinute: callsPerMinute),
        listening: MCPListening(changes: changes, callers: parts.callers, access: access, watch: watch),
        questions: questions, underWay: MCPCallsUnderWay())
    ).add(to: router)
  }

  func consent(_ parts: GatewayParts) -> MCPConsent {
    MCPConsent(peers: parts.peers, access: parts.access, flows: parts.flows)
  }
}
