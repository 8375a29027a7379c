import ServiceLifecycle

/// Due refreshes that have been begun, until their tokens are stored.
///
/// A service of its own, and stopped later than the one that claims them: a provider that is silent would otherwise keep the main port open for
/// the whole time of a stop, and calls that it took meanwhile would be cut off. The deadline of the stop bounds them.
struct DueRefreshesInHand: Service {
  typealias Work = @Sendable () async -> Void

  private let works: AsyncStream<Work>
  private let queue: AsyncStream<Work>.Continuation

  init() { (works, queue) = AsyncStream.makeStream() }

  /// Has work done, one piece after the other.
  func take(_ work: @escaping Work) { queue.yield(work) }

  func run() async throws {
    await withGracefulShutdownHandler {
      for await work in works { await work() }
    } onGracefulShutdown: {
      // What was taken is still done.
      queue.finish()
    }
  }
}
