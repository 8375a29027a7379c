import ArgumentParser
import Model

/// `lanyard rules list`
struct RulesListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the rules, newest first.")

  @OptionGroup var place: GatewayOptions

  @Flag(help: "Print the rules as JSON.")
  var json = false

  func run() async throws {
    try await reportingFailures {
      let rules = try await place.call().rules()
      if json { return try Output.json(rules) }
      Output.table(rules.map { [$0.id.rawValue, $0.draft.effect.rawValue, $0.draft.mode.rawValue, $0.draft.name] })
    }
  }
}
