import ArgumentParser
import Model

/// `lanyard rules preview`
struct RulesPreviewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preview", abstract: "Say what applying a file of rules would mean. Changes nothing.")

  @Argument(help: "The file of rules.")
  var file: String

  @OptionGroup var place: GatewayOptions

  @Flag(help: "As with apply --prune: rules that the file does not name would be deleted.")
  var prune = false

  @Flag(help: "Print the previews as JSON, one document for each page of members.")
  var json = false

  func run() async throws {
    try await reportingFailures {
      let rules = try RulesFile(path: file)
      let call = try place.call()
      let plan = try RulesPlan(rules, stored: try await call.rules(), prune: prune)
      var cursor: String?
      repeat {
        let page = try await call.post("/v1/rules/preview", plan.preview(cursor: cursor), answer: RulePreview.self)
        if json { try Output.json(page) } else { Self.write(page) }
        cursor = page.nextCursor
      } while cursor != nil
    }
  }

  private static func write(_ page: RulePreview) {
    for change in page.changes {
      let charm = change.charmId.map { " with the Charm \($0)" } ?? ""
      let application = change.applicationId.map { " in \($0)" } ?? ""
      let thing = [change.integrationId?.rawValue, change.mcpServerId?.rawValue, change.tool].compactMap(\.self)
      let access = "\(change.before.rawValue) -> \(change.after.rawValue)"
      Output.line("\(change.userId)\(charm)\(application)  \(thing.joined(separator: " "))  \(access)")
    }
    if page.isCut { Output.line("and more") }
    if let affected = page.affected { Output.line("of \(page.members) members: \(affected.summary)") }
    if let replay = page.replay {
      Output.line("of the last \(replay.looked) recorded uses \(replay.refused) would be refused")
    }
  }
}
