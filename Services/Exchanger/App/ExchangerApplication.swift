import Egress
import Logging
public import Model
import Providers
public import ServiceKit
import ServiceLifecycle

/// The exchanger: every call to a provider, and nothing kept.
public enum ExchangerApplication: ServiceApplication {
  public static let name = ServiceName.exchanger
  public static let peers: [ServiceName] = [.vault, .policy]

  public static func configure(_ settings: Settings) -> ExchangerConfiguration { ExchangerConfiguration(settings) }

  public static func build(
    _ configuration: ExchangerConfiguration, _ environment: ServiceEnvironment
  ) async throws -> ServiceComposition {
    let policy = EgressPolicy(
      allowed: configuration.egressAllow, ownServices: Self.ownServices(environment.settings))
    let egress = try EgressClient(policy: policy, logger: environment.logger)
    let catalogue = try ProviderCatalogue.load(sandboxIssuer: configuration.sandboxIssuer)
    let parts = ExchangerParts(
      peers: environment.peers, transport: EgressTransport(egress: egress), catalogue: catalogue, policy: policy,
      journal: try configuration.openJournal(), logger: environment.logger)
    let router = ServiceRouter(environment)
    parts.serve(on: router)
    return ServiceComposition(
      router: router, services: [EgressLifetime(egress: egress), parts.journalReplay, parts.revocationWorker])
  }

  /// Our own services are never a destination, whatever a provider's metadata says and the operator allows.
  private static func ownServices(_ settings: ServiceSettings) -> Set<EgressDestination> {
    let peers = settings.peers.values.joined().map(\.origin) + ["http://\(settings.host):\(settings.port)"]
    return Set(peers.compactMap { try? EgressURL($0).destination })
  }
}

/// Closes the guarded client's connections when the service stops.
private struct EgressLifetime: Service {
  let egress: EgressClient

  func run() async throws {
    try? await gracefulShutdown()
    await egress.shutdown()
  }
}
