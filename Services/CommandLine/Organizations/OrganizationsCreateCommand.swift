import ArgumentParser

/// `lanyard organizations create`
struct OrganizationsCreateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make an organization and its first API key.",
    discussion: "Prints one JSON document with the API key, which is shown this once and stored only as a hash.")

  @Option(help: "The organization's name, as its members know it.")
  var name: String

  @OptionGroup var database: DatabaseOptions

  func run() async throws {
    try await reportingFailures {
      try Output.json(try await NewOrganization.make(named: name, in: database))
    }
  }
}
