import ArgumentParser
import FoundationEssentials
import Model
import PolicyKit

/// `lanyard organizations list`
struct OrganizationsListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the organizations, oldest first.",
    discussion: "Connect as policy_owner: row-level security shows the application role no list.")

  @OptionGroup var database: DatabaseOptions

  @Flag(help: "Print the list as JSON.")
  var json = false

  /// One organization of the printed list.
  private struct Item: Codable {
    var organizationId: OrganizationID
    var name: String
    var createdAt: Date
    var closedAt: Date?
  }

  func run() async throws {
    try await reportingFailures {
      let organizations = try await database.withClient { client, logger in
        try await OrganizationService(database: client, logger: logger).list()
      }
      let items = organizations.map {
        Item(organizationId: $0.organizationId, name: $0.name, createdAt: $0.createdAt, closedAt: $0.closedAt)
      }
      if json { return try Output.json(items) }
      for item in items {
        let closed = item.closedAt.map { ", closed \(WireTime.text($0))" } ?? ""
        Output.line("\(item.organizationId)  \(WireTime.text(item.createdAt))  \(item.name)\(closed)")
      }
    }
  }
}
