import ArgumentParser
import VaultKit

/// `lanyard keys move-root`
struct KeysMoveRootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "move-root",
    abstract: "Put every organization's key under the root key of another place: from a keyring to Transit, or back.",
    discussion: """
      Connect as the role that owns the tables, vault_owner. Before, every vault must know both places and wrap in the new one \
      (LANYARD_KEY_MANAGEMENT and LANYARD_KEY_MANAGEMENT_ALSO). Everything goes on meanwhile, and no data is touched. Stopped half-way, run \
      it again. In the end every key is opened from the new place alone. Keep the old root keys: backups of the database need them.
      """)

  @Option(help: "Where the root keys are from now on.")
  var to: KeyManagementSource.Kind

  @Option(help: "The keyring file.")
  var keyring: String

  @OptionGroup var transit: TransitOptions

  @OptionGroup var database: DatabaseOptions

  @Flag(help: "Print the outcome as JSON.")
  var json = false

  func run() async throws {
    try await reportingFailures {
      let source = try KeyManagementSource.both(keyringFile: keyring, try transit.place(), primary: to)
      let report = try await RootKeyOptions.using(source) { source in
        try await database.withClient { client, _ in try await RootKeyWork(database: client).move(using: source) }
      }
      if json { try Output.json(report) } else { KeyReport.write(report) }
      guard report.unreadable.isEmpty else {
        throw CommandFailure(
          exitCode: 1,
          problems: report.unreadable.map { "the key of \($0) does not open from \(to.rawValue) alone" } + [
            "Set LANYARD_KEY_MANAGEMENT=\(to.rawValue) for every vault, and run this again."
          ])
      }
    }
  }
}

/// By the words of LANYARD_KEY_MANAGEMENT.
extension KeyManagementSource.Kind: ExpressibleByArgument {}
