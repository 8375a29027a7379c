import ArgumentParser
import Model
import PolicyKit

/// `lanyard organizations create`
struct OrganizationsCreateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make an organization and its first API key.",
    discussion: "Prints one JSON document with the API key, which is shown this once and stored only as a hash.")

  @Option(help: "The organization's name, as its members know it.")
  var name: String

  @OptionGroup var database: DatabaseOptions

  /// The printed document.
  private struct Report: Codable {
    var organizationId: OrganizationID
    var apiKeyId: APIKeyID
    var apiKey: WireSecret
  }

  func run() async throws {
    try await reportingFailures {
      let name = self.name
      let created = try await database.withClient { client, logger in
        try await OrganizationService(database: client, logger: logger).create(name: name)
      }
      try Output.json(
        Report(
          organizationId: created.organizationId, apiKeyId: created.apiKeyId, apiKey: WireSecret(created.apiKey)))
    }
  }
}
