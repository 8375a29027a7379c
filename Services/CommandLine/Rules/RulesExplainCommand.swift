import ArgumentParser
import Foundation
import Model

/// `lanyard rules explain`
struct RulesExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Say whether a member may use something, why, and what would change the answer.")

  @OptionGroup var place: GatewayOptions

  @Option(help: "The member's id, usr_….")
  var user: String

  @Option(help: "The Charm that acts for the member.")
  var charm: String?

  @Option(help: "The platform's identity of the Application that acts.")
  var application: String?

  @Option(help: "An Integration's id, int_….")
  var integration: String?

  @Option(help: "A scope that is asked of the Integration. May be given several times.")
  var scope: [String] = []

  @Option(help: "An MCP server's id, mcp_….")
  var mcpServer: String?

  @Option(help: "One tool of the server, by its own name.")
  var tool: String?

  @Option(help: "A file with the arguments of a call, as a JSON object.")
  var argumentsFile: String?

  @Flag(help: "Print the answer as JSON.")
  var json = false

  func run() async throws {
    try await reportingFailures {
      let answer = try await place.call().post("/v1/decisions", try question(), answer: ExplainedDecision.self)
      if json { return try Output.json(answer) }
      Output.line("\(answer.effect.rawValue)  \(answer.decidingRule)")
      for reason in answer.reasons { Output.line("because  \(reason)") }
      for change in answer.wouldChange { Output.line("unless   \(change)") }
    }
  }

  private func question() throws -> DecisionQuestion {
    DecisionQuestion(
      subject: .init(
        userId: try id("--user", user), charmId: charm, application: application.map { ApplicationDescription(id: $0) }),
      resource: .init(
        integrationId: try integration.map { try id("--integration", $0) },
        mcpServerId: try mcpServer.map { try id("--mcp-server", $0) }, tool: tool, scopes: scope.isEmpty ? nil : scope),
      arguments: try argumentsFile.map(arguments))
  }

  private func id<Kind: IdentifiedKind>(_ option: String, _ text: String) throws -> Identifier<Kind> {
    guard let id = Identifier<Kind>(validating: text) else {
      throw CommandFailure.configuration(["\(option) must be an id that starts with \(Kind.prefix)_"])
    }
    return id
  }

  private func arguments(_ path: String) throws -> JSONValue {
    let data = Data(try CommandFile.text(path, isPrivate: false).utf8)
    guard let value = try? JSONDecoder().decode(JSONValue.self, from: data), case .object = value else {
      throw CommandFailure.configuration(["\(path) is not a JSON object"])
    }
    return value
  }
}
