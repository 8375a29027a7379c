import Logging
import ServiceLifecycle

/// Works off rotations of organizations' keys for as long as the vault runs. Any number of replicas may do so at once.
struct KeyRotationSweeper: Service {
  /// A rotation is begun by a person: nobody minds a second.
  private static let idle = Duration.seconds(1)

  let rotations: KeyRotationService
  let seal: Seal
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        let pause = await self.round().map { Duration.seconds($0) } ?? Self.idle
        try? await Task.sleep(for: pause)
      }
    }
  }

  private func round() async -> Double? {
    guard seal.reason == nil else { return nil }
    do {
      return try await rotations.round()
    } catch is CancellationError {
      return nil
    } catch {
      logger.warning("key rotation: no progress", metadata: ["type": "\(type(of: error))"])
      return nil
    }
  }
}
