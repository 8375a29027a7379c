import ArgumentParser
import Model

/// `lanyard init`: the keys and certificates of a deployment.
struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Make the keys and certificates of a deployment.",
    discussion: """
      What exists is kept: run it again to add what is missing. Keep the directory out of backups of the database.
      """)

  @Option(help: "Where the files go; made when missing, for this user alone.")
  var directory: String

  @Option(name: .customLong("host"), help: "A further name or address of the services' hosts. May be repeated.")
  var hosts: [String] = []

  @Flag(help: "Print what was made as JSON.")
  var json = false

  func run() async throws {
    try await reportingFailures {
      let report = try Deployment(layout: DeploymentLayout(directory: directory), hosts: hosts).create()
      if json { return try Output.json(report) }
      for path in report.created { Output.line("made  \(path)") }
      for path in report.kept { Output.line("kept  \(path)") }
    }
  }
}

/// What `lanyard init` did.
struct InitReport: Codable {
  var directory: String
  var created: [String] = []
  var kept: [String] = []
}
