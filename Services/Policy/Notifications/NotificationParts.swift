import Logging
import PostgreSQL
import ServiceKit
import ServiceLifecycle

/// The parts of notifications, put together.
struct NotificationParts: Sendable {
  let webhooks: WebhookService
  let deliveries: DeliveryService
  /// What runs beside the calls.
  let workers: [any Service]

  init(
    database: PostgresClient, mutations: Mutations, vault: Vault, vaultTasks: VaultTaskService,
    insecureHosts: Set<String>, _ environment: ServiceEnvironment
  ) {
    let logger = environment.logger
    let store = DeliveryStore(database: database)
    let outbox = NotificationOutbox()
    webhooks = WebhookService(
      store: WebhookStore(database: database), deliveries: store, mutations: mutations, vault: vault,
      vaultTasks: vaultTasks, rules: WebhookRules(insecureHosts: insecureHosts))
    deliveries = DeliveryService(store: store, vault: vault, now: environment.now, logger: logger)
    workers = [
      VaultEventReader(vault: vault.peer, database: database, outbox: outbox, logger: logger),
      NotificationSweeper(
        expiries: SecretExpiryStore(database: database), deliveries: store, outbox: outbox, logger: logger),
    ]
  }
}
