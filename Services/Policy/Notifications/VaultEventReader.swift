import Logging
import Model
import PostgreSQL
import ServiceKit
import ServiceLifecycle

/// Takes events over from the vault and writes them down for the webhooks that want them, for as long as the service runs.
///
/// The vault gives an event again until it is acknowledged, and its id is the message's: however often it comes, it becomes one message.
struct VaultEventReader: Service {
  /// Between two looks at an outbox that was empty.
  static let interval = Duration.seconds(2)

  let vault: PeerClient
  let database: PostgresClient
  let outbox: NotificationOutbox
  let logger: Logger

  func run() async throws {
    for await _ in Ticks(every: Self.interval).cancelOnGracefulShutdown() {
      do {
        while try await takeOver() {}
      } catch {
        logger.warning("the vault's events could not be taken over", metadata: ["error": "\(type(of: error))"])
      }
    }
  }

  /// - Returns: whether there may be more.
  private func takeOver() async throws -> Bool {
    let events = try await vault.call(VaultEventEndpoints.claim, Empty())
    guard !events.isEmpty else { return false }
    for (organization, events) in Dictionary(grouping: events, by: \.organizationId) {
      try await database.transaction(in: .organization(organization)) { transaction in
        for event in events { try await outbox.add(NotificationEvent(event), of: organization, in: transaction) }
      }
    }
    let taken = events.map { AcknowledgeEvents.EventReference(organizationId: $0.organizationId, id: $0.id) }
    _ = try await vault.call(VaultEventEndpoints.acknowledge, AcknowledgeEvents(events: taken))
    return true
  }
}
