import ArgumentParser
import FoundationEssentials
import Model
import Sealing
import VaultKit

/// `lanyard keys verify`
struct KeysVerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check a keyring: file mode, states, and every key against its check value.",
    discussion: "With a database, as vault_owner, also that every organization's key opens under it.")

  @Option(help: "The keyring file.")
  var keyring: String

  @Option(help: "A file with the URL of the vault's database, for its owner role.")
  var databaseUrlFile: String?

  @Flag(help: "Print the keys as JSON; with a database, how the organizations' keys stand.")
  var json = false

  /// One key of the printed list. No key material.
  private struct Key: Codable {
    var id: String
    var state: String
    var createdAt: Date
  }

  func run() async throws {
    try await reportingFailures {
      let keys = try KeyringFile(path: keyring).load().keys.map {
        Key(id: $0.id, state: $0.state.rawValue, createdAt: $0.created)
      }
      if json, databaseUrlFile == nil { return try Output.json(keys) }
      if !json { for key in keys { Output.line("ok  \(key.id)  \(key.state)  \(WireTime.text(key.createdAt))") } }
      guard let databaseUrlFile else { return }
      let file = keyring
      let database = try DatabaseOptions.parse(["--database-url-file", databaseUrlFile])
      let report = try await database.withClient { client, _ in
        try await RootKeyWork(database: client).verify(keyringFile: file)
      }
      try KeyReport.write(report, json: json)
    }
  }
}
