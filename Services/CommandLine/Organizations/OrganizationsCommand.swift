import ArgumentParser

/// `lanyard organizations`
struct OrganizationsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "organizations", abstract: "Make, list and shred organizations.",
    subcommands: [OrganizationsCreateCommand.self, OrganizationsListCommand.self, OrganizationsShredCommand.self])
}
