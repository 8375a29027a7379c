import ArgumentParser
import Model
import VaultKit

/// `lanyard keys rotations`
struct KeysRotationsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotations", abstract: "Show how the rotations of organizations' keys stand.",
    discussion: "Connect as the role that owns the tables, vault_owner.")

  @OptionGroup var database: DatabaseOptions

  @Flag(help: "Print the rotations as JSON.")
  var json = false

  func run() async throws {
    try await reportingFailures {
      let all = try await database.withClient { client, _ in try await KeyRotationLog(database: client).latest() }
      try RotationReport.write(all, json: json)
    }
  }
}

/// Rotations, for people or for programs.
enum RotationReport {
  static func write(_ rotations: [KeyRotationProgress], json: Bool) throws {
    if json { return try Output.json(rotations) }
    for each in rotations {
      let unreadable = each.unreadable > 0 ? ", \(each.unreadable) that do not open" : ""
      Output.line(
        "\(each.state)  \(each.organizationId.rawValue)  version \(each.targetVersion)  "
          + "\(each.rewritten) of \(each.total) values, walk \(each.pass)\(unreadable)")
    }
  }
}
