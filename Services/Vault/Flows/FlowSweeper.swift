import FoundationEssentials
import Logging
import Model
import PostgreSQL
import ServiceLifecycle

/// Ends flows whose time is over, erases what they held, and forgets ended ones after a day.
///
/// Callers do not depend on it: a flow is over by its time, whether or not the sweeper has come by.
struct FlowSweeper: Service {
  /// A day: long enough for a late poll and for support, and no longer.
  static let endedFlowsKeptSeconds = 86_400.0
  /// Expired transactions are erased within this time.
  private static let interval: Duration = .seconds(5)
  /// Pieces of work per round; a round with a full batch is followed by the next one at once.
  private static let batch = 100

  let flows: FlowService
  let seal: Seal
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        let worked = await self.round()
        if worked < Self.batch { try? await Task.sleep(for: Self.interval) }
      }
    }
  }

  /// - Returns: how many pieces were found.
  func round() async -> Int {
    guard seal.reason == nil else { return 0 }
    do {
      return try await flows.sweep(limit: Self.batch)
    } catch is CancellationError {
      return 0
    } catch {
      logger.warning("flow sweep failed", metadata: ["type": "\(type(of: error))"])
      return 0
    }
  }
}
