import ArgumentParser

/// `lanyard keys`
struct KeysCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Look after the root keys.", subcommands: [KeysVerifyCommand.self])
}
