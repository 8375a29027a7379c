import Audit
import DatabaseErrors
import Logging
public import Model
import PostgreSQL
public import ServiceKit

/// The policy service: who may do what, decided and signed.
public enum PolicyApplication: ServiceApplication {
  public static let name = ServiceName.policy
  public static let peers: [ServiceName] = [.vault]

  public static func configure(_ settings: Settings) throws -> PolicyConfiguration { PolicyConfiguration(settings) }

  public static func build(
    _ configuration: PolicyConfiguration, _ environment: ServiceEnvironment
  ) async throws -> ServiceComposition {
    guard let vault = environment.peers[.vault] else {
      throw ConfigurationError(problems: ["LANYARD_VAULT_URL is missing"])
    }
    try await DatabaseGate(configuration).pass(environment.logger)
    let database = PostgresClient(configuration: configuration.database, logger: environment.logger)
    let writer = AuditWriter(client: database, logger: environment.logger)
    let checkpoints = try CheckpointWriter(configuration.checkpoints, of: writer, database: database, environment)
    let concepts = try PolicyConcepts(
      configuration, environment, database: database, vault: vault, audit: PolicyAudit(writer: writer))
    let router = ServiceRouter(environment)
    PolicyRoutes(concepts).add(to: router)
    return ServiceComposition(
      router: router,
      services: [database] + (checkpoints.map { [$0] } ?? []) + [
        writer, concepts.changeFeed,
        VaultTaskWorker(tasks: concepts.vaultTasks, logger: environment.logger),
        IdempotencySweeper(store: concepts.idempotency.store, logger: environment.logger),
      ] + concepts.notifications.workers,
      readiness: [ReadinessCheck("database") { try await database.ping() }])
  }
}
