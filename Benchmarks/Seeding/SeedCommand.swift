import ArgumentParser
import Foundation
import Logging
import Model
import VaultKit

/// Fills a vault's database with sealed Connections.
///
/// The users whose sessions will ask come from a file; further users fill up to the wanted number of Connections, one
/// to a hundred in between, so that the rows that are asked for lie all over the table as they would in real life.
struct SeedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seed", abstract: "Fill a vault's database with sealed Connections.")

  @OptionGroup var database: DatabaseAddress
  @OptionGroup var place: SeedPlace

  @Option(help: "The vault's keyring file.")
  var keyringFile: String

  @Option(help: "A file with the ids of the users that will ask, one a line.")
  var usersFile: String

  @Option(help: "Applications per user; each has a Connection of its own.")
  var applications = 10

  @Option(help: "Application ids are this, a dash and a number from 0.")
  var applicationPrefix: String

  @Option(help: "Connections in all.")
  var connections: Int

  @Option(help: "A file with refresh tokens, one a line: then the Connections have expired and can be refreshed.")
  var refreshTokensFile: String?

  /// What the driver reads.
  struct Findings: Codable {
    var connections: Int
    var seconds: Double
  }

  func validate() throws {
    guard applications > 0, connections > 0 else { throw ValidationError("Give positive numbers.") }
  }

  func run() async throws {
    let plan = SeedPlan(
      asking: try Self.lines(usersFile).map { UserID(rawValue: $0) }, applications: applications,
      applicationPrefix: applicationPrefix, connections: connections,
      refreshTokens: try refreshTokensFile.map(Self.lines))
    let start = ContinuousClock.now
    try await database.withClient { client in
      let seeding = try await ConnectionSeeding(
        database: client, keyringFile: keyringFile,
        logger: Logger(label: "lanyard-bench") { _ in SwiftLogNoOpLogHandler() })
      try await plan.carryOut { try await seeding.insert($0, at: place.place) }
    }
    try Report.write(Findings(connections: connections, seconds: (ContinuousClock.now - start) / .seconds(1)))
  }

  private static func lines(_ path: String) throws -> [String] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ValidationError("\(path) cannot be read")
    }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

/// Where seeded Connections belong.
struct SeedPlace: ParsableArguments {
  @Option(help: "The organization's id.")
  var organization: String

  @Option(help: "The Integration's id.")
  var integration: String

  @Option(help: "The provider's id.")
  var provider: String

  @Option(help: "The provider's URL.")
  var providerUrl: String

  @Option(help: "A granted scope.")
  var scope: String

  var place: ConnectionSeeding.Place {
    ConnectionSeeding.Place(
      organization: OrganizationID(rawValue: organization), integration: IntegrationID(rawValue: integration),
      provider: provider, providerUrl: providerUrl, scopes: [scope])
  }
}
