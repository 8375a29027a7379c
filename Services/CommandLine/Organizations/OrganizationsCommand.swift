import ArgumentParser

/// `lanyard organizations`
struct OrganizationsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "organizations", abstract: "Make and list organizations.",
    subcommands: [OrganizationsCreateCommand.self, OrganizationsListCommand.self])
}
