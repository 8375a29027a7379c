import ArgumentParser
import Model

/// `lanyard rules check`
struct RulesCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check a file of rules, without a gateway.",
    discussion: """
      The file is a JSON list of rules, as POST /v1/rules takes them, each with a name of its own. Every problem is told with a JSON pointer to \
      its place. Whether ids name something of the organization, only apply and preview can say.
      """)

  @Argument(help: "The file of rules.")
  var file: String

  func run() async throws {
    try await reportingFailures {
      let rules = try RulesFile(path: file).drafts
      Output.line("ok  \(rules.count) rules, \(rules.reduce(0) { $0 + $1.entryCount }) entries in their lists")
    }
  }
}
