import Audit
import DatabaseErrors
import Logging
public import Model
import PostgreSQL
import Sealing
public import ServiceKit
import ServiceLifecycle

/// The vault: the only process that stores tokens and holds the keys that open them.
public enum VaultApplication: ServiceApplication {
  public static let name = ServiceName.vault

  public static func configure(_ settings: Settings) throws -> VaultConfiguration { VaultConfiguration(settings) }

  public static func build(
    _ configuration: VaultConfiguration, _ environment: ServiceEnvironment
  ) async throws -> ServiceComposition {
    let fence = DatabaseGuard(requiresFsync: configuration.requiresFsync)
    try await Preflight(fence: fence, database: configuration.database, logger: environment.logger).check()
    let parts = try VaultParts(configuration, journalKey: try configuration.journalKey(), fence: fence, environment)
    let router = parts.router(environment)
    configuration.measure.add(to: router)
    return ServiceComposition(router: router, services: parts.services, readiness: parts.readiness)
  }
}
