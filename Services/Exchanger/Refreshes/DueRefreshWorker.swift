import Deadlines
import Logging
import Model
import ServiceKit
import ServiceLifecycle

/// Carries out refreshes that are due before anyone needs the tokens, for as long as the exchanger runs. Any number of replicas may do so
/// at once: each gets others.
///
/// Asked to stop, it claims nothing more. A claim that is under way is heard out, since the vault may have given the leases already; they are
/// carried out in ``DueRefreshesInHand``, for which the main port does not wait.
struct DueRefreshWorker: Service {
  /// Refreshes taken at a time; they run at once, since each lease runs too.
  private static let batchSize = 16
  /// The pause after a claim that found nothing. It is spent here and not in the vault: a claim that waits there for work could be given some
  /// after the stop has begun. Nobody waits for what is due ahead of its time.
  private static let pauseWhenIdle = Duration.seconds(1)
  /// A claim does not wait, so the vault answers it at once or is away: a stop must not wait for that.
  private static let claimLimit = Duration.seconds(5)
  /// The pause after a claim that failed.
  private static let pauseAfterFailure = Duration.seconds(1)

  let peers: PeerClients
  let refreshes: RefreshRunner
  let inHand: DueRefreshesInHand
  let logger: Logger

  func run() async throws {
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      do {
        let due = try await withDeadline(Self.claimLimit) { [peers] in
          try await peers.call(RefreshEndpoints.claim, ClaimRefreshes(limit: Self.batchSize, waitSeconds: 0))
        }
        if due.isEmpty { await pause(for: Self.pauseWhenIdle) } else { await workOff(due) }
      } catch {
        if Task.isCancelled || Task.isShuttingDownGracefully { return }
        logger.warning("no due refreshes could be had", metadata: ["errorType": "\(type(of: error))"])
        await pause(for: Self.pauseAfterFailure)
      }
    }
  }

  private func pause(for duration: Duration) async {
    await cancelWhenGracefulShutdown { try? await Task.sleep(for: duration) }
  }

  /// Returns when they have ended, or with the beginning of a stop.
  private func workOff(_ due: [DueRefresh]) async {
    let (ended, end) = AsyncStream<Void>.makeStream()
    inHand.take {
      await carryOut(due)
      end.finish()
    }
    await cancelWhenGracefulShutdown { for await _ in ended {} }
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
