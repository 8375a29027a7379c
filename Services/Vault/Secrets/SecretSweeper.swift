import Logging
import ServiceLifecycle

/// Looks after previous client secrets for as long as the vault runs. Any number of replicas may do so at once.
struct SecretSweeper: Service {
  /// One whose own end has come is gone within this time; it is no longer given out before that.
  private static let interval: Duration = .seconds(5)
  /// Integrations per round; a round with a full batch is followed by the next one at once.
  private static let batch = 100

  let retirement: SecretRetirement
  let seal: Seal
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        let looked = await self.round()
        if looked < Self.batch { try? await Task.sleep(for: Self.interval) }
      }
    }
  }

  /// - Returns: how many Integrations were looked at.
  private func round() async -> Int {
    guard seal.reason == nil else { return 0 }
    do {
      return try await retirement.sweep(limit: Self.batch)
    } catch is CancellationError {
      return 0
    } catch {
      logger.warning("previous client secrets were not looked after", metadata: ["type": "\(type(of: error))"])
      return 0
    }
  }
}
