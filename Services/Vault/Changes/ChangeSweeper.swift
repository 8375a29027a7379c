import FoundationEssentials
import Logging
import ServiceLifecycle

/// Forgets old changes, for as long as the service runs. Readers do not depend on it.
struct ChangeSweeper: Service {
  /// A reader that was away for longer starts anew; the database keeps younger ones in any case.
  private static let keptSeconds = 3_600.0
  /// Often enough for the table to stay small.
  private static let interval = Duration.seconds(600)

  let store: ChangeStore
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await self.round()
        try? await Task.sleep(for: Self.interval)
      }
    }
  }

  private func round() async {
    do {
      try await store.clear(before: Date(timeIntervalSinceNow: -Self.keptSeconds))
    } catch {
      logger.warning("old changes were not cleared", metadata: ["type": "\(type(of: error))"])
    }
  }
}
