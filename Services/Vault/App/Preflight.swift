import Logging
import PostgreSQL
import ServiceKit

/// Looks at the database before the service starts, so that an unsafe role ends the start at once and with words.
///
/// A database that is not there yet is no reason to end: the vault stays sealed and looks again before it opens.
struct Preflight: Sendable {
  let fence: DatabaseGuard
  let database: PostgresConfiguration
  let logger: Logger

  /// Services start in any order; nobody should wait long for one that is not up.
  private static let patience: Duration = .seconds(2)

  /// - Throws: `ConfigurationError` naming everything that is unsafe.
  func check() async throws {
    var configuration = database
    configuration.limits.connect = Self.patience
    configuration.limits.queue = Self.patience
    configuration.readConnections = 1
    configuration.writeConnections = 1
    configuration.transactionConnections = 1
    let client = PostgresClient(configuration: configuration, logger: logger)
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        defer { group.cancelAll() }
        try await fence.enforce(using: client)
      }
    } catch let error as DatabaseGuardError {
      throw ConfigurationError(problems: error.problems.map { "database: \($0)" })
    } catch {
      logger.warning("the database does not answer yet", metadata: ["type": "\(type(of: error))"])
    }
  }
}
