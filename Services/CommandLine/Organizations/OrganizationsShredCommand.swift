import ArgumentParser
import Model
import PolicyKit
import VaultKit

/// `lanyard organizations shred`
struct OrganizationsShredCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shred", abstract: "Destroy an organization's keys for good: nothing sealed for it opens ever again.",
    discussion: """
      Connect as the roles that own the tables, policy_owner and vault_owner. Closes the organization first, so that its API keys, sessions and \
      MCP clients are let in no more; both are in its audit trail, which stays. Cannot be undone. Where Connections live, it stops: before the \
      closing, or after it when one was made in between. An organization that is closed already goes on with --revoke. Backups of the \
      vault's database from before still hold the keys, wrapped under the root key: destroy them, or that root key, as well.
      """)

  @Option(help: "The organization's id.")
  var organization: String

  @Option(help: "The organization's name, to show that it is the one that you mean.")
  var confirm: String

  @Option(help: "A file with the URL of the policy service's database, for its owner role.")
  var policyDatabaseUrlFile: String

  @Option(help: "A file with the URL of the vault's database, for its owner role.")
  var vaultDatabaseUrlFile: String

  @Flag(help: "Close it, have everything that lives revoked at its provider, and go on when that has ended.")
  var revoke = false

  @Flag(help: "Leave tokens as they are at their providers: nobody can revoke them from here afterwards.")
  var withoutRevoking = false

  @Flag(help: "Print what was destroyed as JSON.")
  var json = false

  /// How long revocations are waited for. They go on afterwards too, and the command is run again.
  private static let revocationsLimit = Duration.seconds(120)

  func run() async throws {
    try await reportingFailures {
      guard let id = OrganizationID(validating: organization) else {
        throw CommandFailure.configuration(["--organization must be the id of an organization, org_…"])
      }
      guard !revoke || !withoutRevoking else {
        throw CommandFailure.configuration(["--revoke and --without-revoking exclude each other"])
      }
      let policy = try DatabaseOptions.parse(["--database-url-file", policyDatabaseUrlFile])
      let vault = try DatabaseOptions.parse(["--database-url-file", vaultDatabaseUrlFile])
      let (confirm, revoke, withoutRevoking) = (confirm, revoke, withoutRevoking)
      let report = try await vault.withClient { client, logger in
        let shredder = OrganizationShredder(database: client, logger: logger)
        guard try await shredder.isKnown(id) else {
          throw CommandFailure.other(
            "The vault's database has no key of \(id): nothing was ever stored there for it, or this is another installation's vault. Nothing was "
              + "done.")
        }
        let alive = try await shredder.alive(in: id)
        try await policy.withClient { client, logger in
          let organizations = OrganizationService(database: client, logger: logger)
          let found = try await organizations.find(id)
          try Self.check(found, is: confirm)
          if !revoke, !withoutRevoking { try Self.check(alive, isClosed: found.closedAt != nil) }
          try await organizations.close(id)
        }
        if revoke { try await Self.revoke(id, shredder) }
        do {
          return try await shredder.shred(id, leavingAlive: withoutRevoking)
        } catch let error as OrganizationShredder.StillAlive {
          throw Self.failure(error.alive, isClosed: true)
        }
      }
      if json { return try Output.json(report) }
      Output.line("shredded  \(id)  \(report.keys) versions of its key")
      if let warning = Self.warning(report) { Output.line(warning) }
    }
  }

  /// What nobody here can end any more.
  private static func warning(_ report: OrganizationShredder.Report) -> String? {
    let unproven = report.unproven
    guard unproven.total > 0 else { return nil }
    let kinds = [
      (unproven.leftAlive, "left alive"), (unproven.givenUp, "given up after the last try"),
      (unproven.notRevocable, "at providers that cannot revoke"),
      (unproven.sharedGrantKept, "whose grant others shared"),
    ]
    let parts = kinds.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    return
      "not confirmed as revoked by their providers  \(unproven.total) Connections (\(parts)): their tokens work until they end"
  }

  private static func check(_ organization: OrganizationService.Summary, is name: String) throws {
    guard organization.name == name else {
      throw CommandFailure.configuration([
        "--confirm is not the name of the organization \(organization.organizationId)"
      ])
    }
  }

  private static func revoke(_ id: OrganizationID, _ shredder: OrganizationShredder) async throws {
    try await shredder.revokeAll(of: id)
    let left = try await shredder.revocationsEnded(in: id, within: revocationsLimit)
    guard left.revocations == 0 else {
      throw CommandFailure.other(
        "\(left.revocations) revocations are still under way. The organization is closed, and nothing was destroyed. Run the command again with "
          + "--revoke; it goes on where it was. The exchangers must run meanwhile.")
    }
  }

  /// Tokens that live on at their providers would go on silently.
  private static func check(_ alive: OrganizationShredder.Alive, isClosed: Bool) throws {
    guard alive.isNothing else { throw failure(alive, isClosed: isClosed) }
  }

  private static func failure(_ alive: OrganizationShredder.Alive, isClosed: Bool) -> CommandFailure {
    let found =
      "The organization has \(alive.connections) live Connections and \(alive.revocations) revocations under way, whose tokens would go on "
      + "working at their providers. "
    let way =
      isClosed
      ? "It is closed, and nothing was destroyed. Run the command again with --revoke, which has them revoked, or with --without-revoking."
      : "Nothing was done. Revoke them first (POST /v1/revocations with all: true) and wait until they have ended, or say --revoke or "
        + "--without-revoking."
    return .other(found + way)
  }
}
