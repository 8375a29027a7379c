import Logging
import Model
import PostgreSQL
import ServiceLifecycle

/// Tells owners of secrets that end soon, and forgets old messages, for as long as the service runs.
struct NotificationSweeper: Service {
  /// Notices are days ahead, and messages are kept for weeks: minutes do not matter.
  static let interval = Duration.seconds(300)
  /// Days that messages and what became of them are kept.
  private static let keptDays = 30
  /// Messages forgotten by one statement.
  private static let clearedAtOnce = 1_000

  let expiries: SecretExpiryStore
  let deliveries: DeliveryStore
  let outbox: NotificationOutbox
  let logger: Logger

  func run() async throws {
    for await _ in Ticks(every: Self.interval).cancelOnGracefulShutdown() {
      do {
        try await tellOfExpiries()
        while try await deliveries.clear(olderThan: Self.keptDays, limit: Self.clearedAtOnce) == Self.clearedAtOnce {}
      } catch {
        logger.warning("notifications could not be swept", metadata: ["error": "\(type(of: error))"])
      }
    }
  }

  func tellOfExpiries() async throws {
    while true {
      let due = try await expiries.due()
      guard !due.isEmpty else { return }
      for candidate in due {
        try await expiries.database.transaction(in: .organization(candidate.organizationId)) { transaction in
          guard let event = try await expiries.mark(candidate, in: transaction) else { return }
          try await outbox.add(event, of: candidate.organizationId, in: transaction)
        }
      }
    }
  }
}
