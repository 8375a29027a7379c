import Logging
import PostgreSQL
import ServiceKit

/// What must be true of the database before the service serves anything: the right role, fences everywhere, every
/// migration applied.
struct DatabaseGate: Sendable {
  /// Seconds to wait for a database that is not there yet; after that whoever started the service should know.
  static let waitSeconds = 60

  private let configuration: PostgresConfiguration
  private let requiresFsync: Bool

  init(_ configuration: PolicyConfiguration) {
    self.configuration = configuration.database
    requiresFsync = configuration.requiresFsync
  }

  /// - Throws: `ConfigurationError` with every reason not to start.
  func pass(_ logger: Logger) async throws {
    let client = PostgresClient(configuration: configuration, logger: logger)
    let problems = try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      let problems = try await findProblems(client, logger)
      group.cancelAll()
      return problems
    }
    if !problems.isEmpty { throw ConfigurationError(problems: problems) }
  }

  private func findProblems(_ client: PostgresClient, _ logger: Logger) async throws -> [String] {
    let deadline = ContinuousClock.now + .seconds(Self.waitSeconds)
    while true {
      do {
        return try await check(client)
      } catch let error as PostgresError {
        guard ContinuousClock.now < deadline else { return ["the database cannot be used: \(error)"] }
        logger.warning("waiting for the database", metadata: ["error": "\(error)"])
        try await Task.sleep(for: .seconds(1))
      }
    }
  }

  private func check(_ client: PostgresClient) async throws -> [String] {
    var problems = try await DatabaseGuard(requiresFsync: requiresFsync).check(using: client).map(\.description)
    do {
      let pending = try await Migrator.pending(directory: PolicySchema.migrationsDirectory, using: client)
      if !pending.isEmpty {
        problems.append("\(pending.count) migrations are not applied; run: lanyard migrate --service policy")
      }
    } catch let error as MigrationError {
      // A newer program's migrations only add: this one can go on with them.
      if case .missing = error { return problems }
      problems.append(error.description)
    }
    return problems
  }
}
