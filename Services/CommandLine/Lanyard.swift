import ArgumentParser
import ServiceKit

/// The operator's command.
@main
struct Lanyard: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lanyard", abstract: "Set up and look after a Lanyard deployment.", version: LanyardVersion.current,
    subcommands: [
      InitCommand.self, MigrateCommand.self, OrganizationsCommand.self, LoginCommand.self,
      ExportCommand.self, PlanCommand.self, ApplyCommand.self, IntegrationsCommand.self, MCPServersCommand.self,
      RulesCommand.self, CharmsCommand.self, ConnectionsCommand.self, KeysCommand.self, AuditCommand.self,
      DoctorCommand.self,
    ])

  @Flag(
    help: "What the services have too. This command has no settings of its own: lanyard doctor checks a deployment's.")
  var checkConfiguration = false

  func run() async throws {
    guard checkConfiguration else { throw CleanExit.helpRequest(self) }
    Output.line("lanyard has no settings of its own. lanyard doctor checks those of a deployment.")
  }
}
