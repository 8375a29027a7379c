import ArgumentParser
import FoundationEssentials
import Model
import Sealing
import VaultKit

/// `lanyard keys verify`
struct KeysVerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check a keyring (mode, states, every key against its check value), or that Transit wraps and unwraps.",
    discussion: "With a database, as vault_owner, also that every organization's key opens.")

  @OptionGroup var rootKeys: RootKeyOptions

  @Option(help: "A file with the URL of the vault's database, for its owner role.")
  var databaseUrlFile: String?

  @Flag(help: "Print the keys as JSON; with a database, how the organizations' keys stand.")
  var json = false

  /// One key of the printed list. No key material.
  private struct Key: Codable {
    var id: String
    var state: String
    /// Transit does not tell.
    var createdAt: Date?

    var line: String { ([id, state] + (createdAt.map { [WireTime.text($0)] } ?? [])).joined(separator: "  ") }
  }

  func run() async throws {
    try await reportingFailures {
      let report = try await rootKeys.withSource { source in
        let keys = try await keys(source)
        if json, databaseUrlFile == nil { try Output.json(keys) }
        if !json { for key in keys { Output.line("ok  \(key.line)") } }
        return try await verify(source)
      }
      if let report { try KeyReport.write(report, json: json) }
    }
  }

  private func keys(_ source: KeyManagementSource) async throws -> [Key] {
    guard let keyring = rootKeys.keyring else {
      try await source.health()
      return [Key(id: rootKeys.transit.transitKey, state: RootKey.State.primary.rawValue)]
    }
    return try KeyringFile(path: keyring).load().keys.map {
      Key(id: $0.id, state: $0.state.rawValue, createdAt: $0.created)
    }
  }

  private func verify(_ source: KeyManagementSource) async throws -> RootKeyWork.Report? {
    guard let databaseUrlFile else { return nil }
    let database = try DatabaseOptions.parse(["--database-url-file", databaseUrlFile])
    return try await database.withClient { client, _ in try await RootKeyWork(database: client).verify(using: source) }
  }
}
