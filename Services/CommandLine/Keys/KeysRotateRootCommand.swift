import ArgumentParser
import Sealing
import VaultKit

/// `lanyard keys rotate-root`
struct KeysRotateRootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate-root", abstract: "Make a root key the primary and put every organization's key under it.",
    discussion: """
      Connect as the role that owns the tables, vault_owner. Everything goes on meanwhile, and no data is touched. Stopped half-way, run \
      it again. The older root keys stay in the keyring: backups of the database need them.
      """)

  @Option(help: "The keyring file.")
  var keyring: String

  @Option(help: "The key that becomes the primary; see lanyard keys add-root.")
  var id: String

  @OptionGroup var database: DatabaseOptions

  @Flag(help: "Print the outcome as JSON.")
  var json = false

  func run() async throws {
    try await reportingFailures {
      try KeyringFile(path: keyring).update { try $0.makePrimary(id) }
      let file = keyring
      let report = try await database.withClient { client, _ in
        try await RootKeyWork(database: client).rewrap(using: .file(file))
      }
      try KeyReport.write(report, json: json)
    }
  }
}
