import ArgumentParser
import Sealing

/// `lanyard keys add-root`
struct KeysAddRootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add-root", abstract: "Add a new root key to a keyring; it opens and does not wrap yet.",
    discussion: "Give the keyring to every vault, and to your copies of it, before lanyard keys rotate-root.")

  @Option(help: "The keyring file.")
  var keyring: String

  @Option(help: "The new key's id: 1 to 64 letters, digits, '.', '_' or '-'.")
  var id: String

  func run() async throws {
    try await reportingFailures {
      try KeyringFile(path: keyring).update { try $0.addKey(id: id) }
      Output.line("added  \(id)")
    }
  }
}
