import ArgumentParser
import ServiceKit

/// The operator's command.
@main
struct Lanyard: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lanyard", abstract: "Set up and look after a Lanyard deployment.", version: LanyardVersion.current,
    subcommands: [
      InitCommand.self, MigrateCommand.self, OrganizationsCommand.self, LoginCommand.self, RulesCommand.self,
      KeysCommand.self, AuditCommand.self,
      DoctorCommand.self,
    ])
}
