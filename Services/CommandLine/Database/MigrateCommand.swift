import ArgumentParser
import Foundation
import PolicyKit
import PostgreSQL
import VaultKit

/// `lanyard migrate`: brings a service's database up to date.
struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Bring a service's database up to date.",
    discussion: """
      Connect as the role that owns the tables, for example policy_owner. Safe to run at any time, several at once.
      """)

  /// The services with a database.
  enum DatabaseService: String, ExpressibleByArgument, CaseIterable, Codable {
    case vault, policy

    var migrations: URL {
      switch self {
      case .vault: VaultSchema.migrationsDirectory
      case .policy: PolicySchema.migrationsDirectory
      }
    }
  }

  @Option(help: "Whose database it is.")
  var service: DatabaseService

  @OptionGroup var database: DatabaseOptions

  @Flag(help: "Print what was applied as JSON.")
  var json = false

  /// What `lanyard migrate` did.
  struct Report: Codable {
    var service: DatabaseService
    var applied: [String]
  }

  func run() async throws {
    try await reportingFailures {
      let directory = service.migrations
      let applied = try await database.withClient { client, _ in
        try await Migrator.apply(directory: directory, using: client).map { "\($0.version) \($0.name)" }
      }
      if json { return try Output.json(Report(service: service, applied: applied)) }
      for name in applied { Output.line("applied  \(name)") }
      if applied.isEmpty { Output.line("\(service.rawValue): up to date") }
    }
  }
}
