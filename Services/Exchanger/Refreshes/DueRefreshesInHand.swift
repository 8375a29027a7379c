import ServiceLifecycle
import Synchronization

/// Due refreshes that have been begun, until their tokens are stored.
///
/// A service of its own, and stopped later than the one that claims them: a provider that is silent would otherwise keep the main port open for
/// the whole time of a stop, and calls that it took meanwhile would be cut off. The deadline of the stop bounds them.
final class DueRefreshesInHand: Service {
  private let current = Mutex<Task<Void, Never>?>(nil)

  /// Begins work; there is one at a time.
  func take(_ work: @escaping @Sendable () async -> Void) {
    current.withLock { $0 = Task { await work() } }
  }

  func run() async throws {
    try? await gracefulShutdown()
    guard let task = current.withLock({ $0 }) else { return }
    await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
  }
}
