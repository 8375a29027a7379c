import ArgumentParser

/// `lanyard keys`
struct KeysCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Look after the root keys and the organizations' keys.",
    subcommands: [
      KeysVerifyCommand.self, KeysAddRootCommand.self, KeysRotateRootCommand.self, KeysMoveRootCommand.self,
      KeysRotateOrganizationCommand.self, KeysRotationsCommand.self,
    ])
}
