import ArgumentParser
import Foundation
import Logging
import PostgreSQL

/// The database that a subcommand works on. The URL holds a password, so it comes from a file.
struct DatabaseAddress: ParsableArguments {
  @Option(help: "A file with the database URL.")
  var databaseUrlFile: String

  func configuration() throws -> PostgresConfiguration {
    guard let data = FileManager.default.contents(atPath: databaseUrlFile) else {
      throw ValidationError("\(databaseUrlFile) cannot be read")
    }
    var configuration = try PostgresConfiguration(
      url: String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    configuration.applicationName = "lanyard-bench"
    return configuration
  }

  /// A connected client for the length of a closure.
  func withClient<Result: Sendable>(
    _ body: @Sendable (PostgresClient) async throws -> Result
  ) async throws -> Result {
    let client = PostgresClient(
      configuration: try configuration(), logger: Logger(label: "lanyard-bench") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      defer { group.cancelAll() }
      return try await body(client)
    }
  }
}
