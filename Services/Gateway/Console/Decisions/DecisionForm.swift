import Foundation
import Model

/// A question as it stands in the form: may this member use this, and why?
struct DecisionForm: Sendable {
  /// Who acts for the member.
  enum Acting: String, Sendable {
    case alone, charm, application
  }

  var member = ""
  var acting = Acting.alone
  /// The Charm's or the Application's id.
  var actor = ""
  /// An MCP server or an Integration by its id.
  var resource = ""
  var tool = ""
  var scopes = ""
  /// The call's arguments as JSON. They go to the policy service and nowhere else: they are neither recorded nor logged.
  var arguments = ""

  /// An empty one.
  init() {}

  init(_ fields: FormFields) {
    member = fields.filled("member") ?? ""
    acting = fields["acting"].flatMap(Acting.init) ?? .alone
    actor = fields.filled("actor") ?? ""
    resource = fields.filled("resource") ?? ""
    tool = fields.filled("tool") ?? ""
    scopes = fields.filled("scopes") ?? ""
    arguments = fields.filled("arguments") ?? ""
  }

  /// - Throws: `invalid_request` with what is missing.
  func question(_ directory: ConsoleDirectory) throws -> DecisionQuestion {
    guard !member.isEmpty else { throw ServiceError(.invalidRequest, "Fill in the member.") }
    guard acting == .alone || !actor.isEmpty else {
      throw ServiceError(.invalidRequest, "Fill in the id of the Charm or the Application.")
    }
    let asked = DecisionQuestion.Resource(
      integrationId: IntegrationID(validating: resource), mcpServerId: MCPServerID(validating: resource),
      tool: tool.isEmpty ? nil : tool,
      scopes: scopes.isEmpty ? nil : scopes.split(whereSeparator: \.isWhitespace).map(String.init))
    guard asked.integrationId != nil || asked.mcpServerId != nil else {
      throw ServiceError(.invalidRequest, "Choose an MCP server or an Integration.")
    }
    return DecisionQuestion(
      subject: .init(
        userId: try directory.member(member), charmId: acting == .charm ? actor : nil,
        application: acting == .application ? ApplicationDescription(id: actor) : nil),
      resource: asked, arguments: try argumentValues())
  }

  private func argumentValues() throws -> JSONValue? {
    guard !arguments.isEmpty else { return nil }
    guard let value = try? WireJSON.decode(JSONValue.self, from: Data(arguments.utf8)), case .object = value else {
      throw ServiceError(
        .invalidRequest, "The arguments must be a JSON object, such as {\"to\": \"team@example.com\"}.")
    }
    return value
  }
}
