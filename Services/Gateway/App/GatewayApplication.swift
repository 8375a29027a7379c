import Egress
public import Model
public import ServiceKit
import ServiceLifecycle
import ServiceTokens

/// The gateway: everything public, and no secret at rest.
public enum GatewayApplication: ServiceApplication {
  public static let name = ServiceName.gateway
  public static let exposure = ServiceExposure.public
  public static let peers: [ServiceName] = [.vault, .exchanger, .policy]

  public static func configure(_ settings: Settings) -> GatewayConfiguration { GatewayConfiguration(settings) }

  public static func build(
    _ configuration: GatewayConfiguration, _ environment: ServiceEnvironment
  ) async throws -> ServiceComposition {
    guard let publicURL = configuration.publicURL else {
      throw ConfigurationError(problems: ["LANYARD_PUBLIC_URL is missing"])
    }
    let parts = try GatewayParts(
      peers: environment.peers, publicURL: publicURL, limits: configuration.limits,
      callerAddress: configuration.callerAddress)
    let router = ServiceRouter(environment, outer: [CrossOrigin(origins: configuration.hostOrigins)])
    router.add(middleware: PublicHeaders(isSecure: publicURL.isSecure))
    let egress = try Self.egress(configuration, environment)
    let mcp = MCPParts(environment, egress: egress, configuration, parts.resolver)
    parts.addPublicRoutes(to: router, mcp)
    mcp.add(to: router, parts, configuration)
    try await parts.addPages(
      to: router, mcp, origins: configuration.hostOrigins, signIn: configuration.connectSignIn,
      clients: ClientParts(registration: configuration.clientRegistration, egress: egress))
    KeySetRoutes(keys: environment.credentials.keys).add(to: router)
    configuration.measure.add(to: router, peers: environment.peers)
    let policyFeed = ChangeFeed(
      endpoint: ChangeEndpoints.poll, peers: environment.peers,
      followers: [parts.callers.cache, parts.access.cache, mcp.access.cache, mcp.leases.cache, mcp.changes],
      logger: environment.logger)
    let vaultFeed = ChangeFeed(
      endpoint: ChangeEndpoints.pollVault, peers: environment.peers, followers: [mcp.leases.cache, parts.echo],
      logger: environment.logger)
    return ServiceComposition(
      router: router,
      services: [
        ShutdownAction { await egress.shutdown() }, mcp.notices, mcp.audit, mcp.leases, mcp.upkeep, mcp.parked,
        policyFeed, vaultFeed,
      ],
      readiness: [ReadinessCheck("changes") { [cache = parts.access.cache] in try cache.requireFeed() }])
  }

  /// The way out to MCP servers. Tools may work for minutes before they say anything.
  private static func egress(
    _ configuration: GatewayConfiguration, _ environment: ServiceEnvironment
  ) throws -> EgressClient {
    var limits = EgressLimits()
    limits.firstByte = .seconds(configuration.limits.mcpCallSeconds)
    limits.total = .seconds(configuration.limits.mcpCallSeconds)
    let policy = EgressPolicy(allowed: configuration.egressAllow, ownOrigins: environment.settings.origins)
    return try EgressClient(policy: policy, limits: limits, logger: environment.logger)
  }
}
