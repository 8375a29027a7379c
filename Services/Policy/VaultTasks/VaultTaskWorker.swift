import Logging
import ServiceLifecycle

/// Works off vault tasks that could not be done at once, for as long as the service runs.
struct VaultTaskWorker: Service {
  /// Between two looks at the record. Tasks are tried at once when they arise; this is for the ones that failed or
  /// wait for their time.
  static let interval = Duration.seconds(15)

  let tasks: VaultTaskService
  let logger: Logger

  func run() async throws {
    for await _ in Ticks(every: Self.interval).cancelOnGracefulShutdown() {
      do {
        while try await tasks.attemptDue() {}
      } catch {
        logger.warning("vault tasks could not be read", metadata: ["error": "\(type(of: error))"])
      }
    }
  }
}
