import Egress
import ServiceKit

/// Everything that the exchanger can be told from outside.
public struct ExchangerConfiguration: Sendable {
  /// Where requests may go besides public https hosts.
  let egressAllow: Set<EgressDestination>
  /// The practice provider's issuer; nil hides it.
  let sandboxIssuer: String?
  /// The folder for sealed token replies that could not be stored yet; on a volume that outlives the container.
  private let journalDirectory: String
  /// The vault's public key, which entries are sealed to.
  private let journalPublicKeyFile: String

  init(_ settings: Settings) {
    let entries = settings.list(
      "egress.allow",
      "host:port entries that are exempt from the rules on scheme, port and address: providers and MCP servers of your own network."
    )
    do {
      egressAllow = try EgressPolicy.destinations(entries.joined(separator: ","))
    } catch {
      egressAllow = []
      settings.problem("LANYARD_EGRESS_ALLOW: \(error.entry) is not host:port")
    }
    sandboxIssuer = settings.optionalString(
      "sandbox.issuer", type: "URL", "The practice provider's issuer; only in the local stack.")
    journalDirectory = settings.requiredString(
      "journal.directory", type: "path",
      "The folder for sealed token replies that could not be stored yet; it must outlive the process.")
    journalPublicKeyFile = settings.requiredString(
      "journal.publicKeyFile", type: "path", "The vault's public journal key (lanyard init makes it).")
  }

  /// - Throws: `ConfigurationError` when folder or key cannot be used.
  func openJournal() throws -> RefreshJournal {
    do {
      return try RefreshJournal(directory: journalDirectory, publicKeyFile: journalPublicKeyFile)
    } catch {
      throw ConfigurationError(problems: [
        "LANYARD_JOURNAL_DIRECTORY or LANYARD_JOURNAL_PUBLIC_KEY_FILE cannot be used (\(type(of: error)))"
      ])
    }
  }
}
