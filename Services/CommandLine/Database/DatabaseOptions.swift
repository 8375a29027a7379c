import ArgumentParser
import Foundation
import Logging
import Model
import PostgreSQL

/// Which database a command works on.
struct DatabaseOptions: ParsableArguments {
  @Option(help: "A file with the database URL, postgres://role:password@host/database.")
  var databaseUrlFile: String?

  @Option(help: "The database URL itself. Other users of this machine may see it in the list of processes.")
  var databaseUrl: String?

  func validate() throws {
    guard (databaseUrl == nil) != (databaseUrlFile == nil) else {
      throw ValidationError("Give either --database-url-file or --database-url.")
    }
  }

  /// Operators' statements may concern everything that an organization has, and nobody waits for an answer behind them.
  private static let statementLimit = Duration.seconds(600)

  /// Where to connect.
  func configuration() throws -> PostgresConfiguration {
    var text = databaseUrl ?? ""
    if let databaseUrlFile {
      guard let data = FileManager.default.contents(atPath: databaseUrlFile) else {
        throw CommandFailure.configuration(["\(databaseUrlFile) cannot be read"])
      }
      text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
    var configuration = try PostgresConfiguration(url: text)
    configuration.applicationName = "lanyard-command"
    configuration.writeConnections = 1
    configuration.transactionConnections = 1
    configuration.limits.statement = Self.statementLimit
    return configuration
  }

  /// Connects for the length of a closure.
  func withClient<Result: Sendable>(
    _ body: @Sendable (PostgresClient, Logger) async throws -> Result
  ) async throws -> Result {
    let logger = Logger(label: "lanyard") { _ in SwiftLogNoOpLogHandler() }
    let client = PostgresClient(configuration: try configuration(), logger: logger)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      defer { group.cancelAll() }
      return try await body(client, logger)
    }
  }
}
