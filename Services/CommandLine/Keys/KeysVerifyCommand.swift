import ArgumentParser
import FoundationEssentials
import Model
import Sealing

/// `lanyard keys verify`
struct KeysVerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check a keyring: file mode, states, and every key against its check value.")

  @Option(help: "The keyring file.")
  var keyring: String

  @Flag(help: "Print the keys as JSON.")
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
      if json { return try Output.json(keys) }
      for key in keys { Output.line("ok  \(key.id)  \(key.state)  \(WireTime.text(key.createdAt))") }
    }
  }
}
