import Egress
import Logging
public import Model
import Providers
public import ServiceKit

/// The exchanger: every call to a provider, and nothing kept.
public enum ExchangerApplication: ServiceApplication {
  public static let name = ServiceName.exchanger
  public static let peers: [ServiceName] = [.vault, .policy]

  public static func configure(_ settings: Settings) -> ExchangerConfiguration { ExchangerConfiguration(settings) }

  public static func build(
    _ configuration: ExchangerConfiguration, _ environment: ServiceEnvironment
  ) async throws -> ServiceComposition {
    let policy = EgressPolicy(allowed: configuration.egressAllow, ownOrigins: environment.settings.origins)
    let egress = try EgressClient(policy: policy, logger: environment.logger)
    let catalogue = try ProviderCatalogue.load(sandboxIssuer: configuration.sandboxIssuer)
    let parts = ExchangerParts(
      peers: environment.peers, transport: EgressTransport(egress: egress), catalogue: catalogue, policy: policy,
      journal: try configuration.openJournal(), logger: environment.logger)
    let router = ServiceRouter(environment)
    parts.serve(on: router)
    return ServiceComposition(
      router: router,
      services: [
        ShutdownAction { await egress.shutdown() }, parts.journalReplay, parts.revocationWorker,
        parts.dueRefreshesInHand,
        NotificationWorker(
          peers: environment.peers, sender: NotificationSender(egress: egress), logger: environment.logger),
      ], workers: [parts.dueRefreshWorker])
  }
}
