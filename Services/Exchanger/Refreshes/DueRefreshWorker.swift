import Logging
import Model
import ServiceKit
import ServiceLifecycle

/// Carries out refreshes that are due before anyone needs the tokens, for as long as the exchanger runs. Any number of replicas may do so
/// at once: each gets others.
struct DueRefreshWorker: Service {
  /// Refreshes taken at a time; they run at once, since each lease runs too.
  private static let batchSize = 16
  /// Seconds that one claim waits for work.
  private static let waitSeconds = 20
  /// The pause after a claim that failed.
  private static let pauseAfterFailure = Duration.seconds(1)

  let peers: PeerClients
  let refreshes: RefreshRunner
  let logger: Logger

  func run() async throws {
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      do {
        // A stop ends the waiting, and nothing that has begun: what a provider answers is stored.
        let due = try await cancelWhenGracefulShutdown {
          try await peers.call(
            RefreshEndpoints.claim, ClaimRefreshes(limit: Self.batchSize, waitSeconds: Self.waitSeconds))
        }
        await carryOut(due)
      } catch {
        if Task.isCancelled || Task.isShuttingDownGracefully { return }
        logger.warning("no due refreshes could be had", metadata: ["errorType": "\(type(of: error))"])
        try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.pauseAfterFailure) }
      }
    }
  }

  private func carryOut(_ due: [DueRefresh]) async {
    await withDiscardingTaskGroup { group in
      for each in due {
        group.addTask {
          do {
            _ = try await refreshes.refresh(each, since: .now)
          } catch {
            // The vault has been told, and knows when to try again.
            logger.debug("a due refresh failed", metadata: ["errorType": "\(type(of: error))"])
          }
        }
      }
    }
  }
}
