import Logging
import ServiceLifecycle

/// Removes remembered calls whose time is over, for as long as the service runs.
///
/// Callers do not depend on it: a key is free by its time, whether or not the sweeper has come by.
struct IdempotencySweeper: Service {
  /// Between two rounds: rows are kept for a day, a minute more is nothing.
  static let interval = Duration.seconds(60)

  let store: IdempotencyStore
  let logger: Logger

  func run() async throws {
    for await _ in Ticks(every: Self.interval).cancelOnGracefulShutdown() {
      do {
        while try await store.sweep() == IdempotencyStore.sweepSize {}
      } catch {
        logger.warning("remembered calls could not be swept", metadata: ["error": "\(type(of: error))"])
      }
    }
  }
}
