import ArgumentParser
import Model
import VaultKit

/// `lanyard keys rotate-organization`
struct KeysRotateOrganizationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate-organization", abstract: "Give an organization a new key and seal all of its values under it.",
    discussion: """
      Connect as the role that owns the tables, vault_owner. The vaults do the work while everything goes on, at the rate of their setting \
      LANYARD_ROTATION_PER_SECOND; any of them may stop and start meanwhile. While a rotation runs, this shows how it stands. The older key \
      stays in the database: backups need it.
      """,
    aliases: ["rotate"])

  @Option(help: "The organization's id.")
  var organization: String

  @OptionGroup var rootKeys: RootKeyOptions

  @OptionGroup var database: DatabaseOptions

  @Flag(help: "Print the rotation as JSON.")
  var json = false

  func run() async throws {
    try await reportingFailures {
      guard let id = OrganizationID(validating: organization) else {
        throw CommandFailure.configuration(["--organization must be the id of an organization, org_…"])
      }
      let progress = try await rootKeys.withSource { source in
        try await database.withClient { client, logger in
          try await KeyRotationOrder(database: client, logger: logger).begin(id, using: source)
        }
      }
      try RotationReport.write([progress], json: json)
    }
  }
}
