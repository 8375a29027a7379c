import ArgumentParser
import Foundation
import Model
import Sealing

/// `lanyard init`: the keys and certificates of a deployment, and its first organization.
struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Make the keys and certificates of a deployment, and its first organization.",
    discussion: """
      What exists is kept: run it again to add what is missing. Keep the directory out of backups of the database. The first organization is \
      made where --organization names it, once the policy service's database is migrated; organization.json then holds its API key.
      """)

  @Option(help: "Where the files go; made when missing, for this user alone.")
  var directory: String

  @Option(name: .customLong("host"), help: "A further name or address of the services' hosts. May be repeated.")
  var hosts: [String] = []

  @Option(help: "The name of the first organization, as its members know it.")
  var organization: String?

  @Option(
    help:
      "With --organization: a file with the URL of the policy service's database, for the role that owns the tables.")
  var databaseUrlFile: String?

  @Flag(help: "Print what was made as JSON.")
  var json = false

  func validate() throws {
    guard (organization == nil) == (databaseUrlFile == nil) else {
      throw ValidationError("--organization and --database-url-file go together.")
    }
  }

  func run() async throws {
    try await reportingFailures {
      let layout = DeploymentLayout(directory: directory)
      var report = try Deployment(layout: layout, hosts: hosts).create()
      if let organization, let databaseUrlFile {
        try await makeOrganization(organization, databaseUrlFile, layout.organization, &report)
      }
      if json { return try Output.json(report) }
      for path in report.created { Output.line("made  \(path)") }
      for path in report.kept { Output.line("kept  \(path)") }
    }
  }
}

extension InitCommand {
  private func makeOrganization(
    _ name: String, _ databaseUrlFile: String, _ path: String, _ report: inout InitReport
  ) async throws {
    guard !FileManager.default.fileExists(atPath: path) else {
      report.kept.append(path)
      return
    }
    // Whoever writes this makes the organization: its key is seen once, so there must be room for it, and one who makes it.
    let claim = path + ".claim"
    do {
      try PrivateFile.write([], to: claim, replacing: false)
    } catch {
      throw CommandFailure.configuration([
        "\(claim) cannot be made: another lanyard init is at work, or was cut off; then remove it"
      ])
    }
    defer { try? FileManager.default.removeItem(atPath: claim) }
    var database = DatabaseOptions()
    database.databaseUrlFile = databaseUrlFile
    database.databaseUrl = nil
    let made = try await NewOrganization.make(named: name, in: database)
    try PrivateFile.write(Array(try WireJSON.encode(made)), to: path, replacing: false)
    report.created.append(path)
  }
}

/// What `lanyard init` did.
struct InitReport: Codable {
  var directory: String
  var created: [String] = []
  var kept: [String] = []
}
