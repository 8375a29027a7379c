import Foundation
import Model

/// The list of MCP servers.
struct MCPServersPage: Sendable {
  struct Line: Sendable {
    var address: String
    var name: String
    var host: String
    var isEnabled: Bool
    /// Why nothing is sent to it.
    var problem: String?
  }

  var organizationName: String
  var servers: [Line]
  var hasServers: Bool
  var next: String?

  init(_ page: Page<MCPServer>, of caller: Caller) {
    organizationName = ShownPerson(caller).organizationName
    servers = page.items.map {
      Line(
        address: LocalPath.mcpServer($0.id).text, name: ConsoleText.line($0.name), host: ConsoleText.host($0.url),
        isEnabled: $0.status == .enabled, problem: $0.configError?.detail)
    }
    hasServers = !servers.isEmpty
    next = page.nextCursor.map { LocalPath.mcpServers.at($0).text }
  }
}

/// The form for a new one.
struct NewMCPServerPage: Sendable {
  struct Choice: Sendable {
    var id: String
    var name: String
    var isChosen: Bool
  }

  var name: String
  var url: String
  var isDiscovered: Bool
  var isIntegration: Bool
  var isStaticToken: Bool
  var isNone: Bool
  var integrations: [Choice]
  var hasIntegrations: Bool
  var pinning: Bool
  /// Why the form was not taken.
  var problem: String?
  var csrfToken: String

  init(_ form: MCPServerForm, _ integrations: [Integration], problem: String?, csrfToken: String) {
    name = form.name ?? ""
    url = form.url ?? ""
    isDiscovered = form.access == .discovered
    isIntegration = form.access == .integration
    isStaticToken = form.access == .staticToken
    isNone = form.access == .none
    self.integrations = integrations.filter { $0.mcpServerId == nil }.map {
      Choice(id: $0.id.rawValue, name: ConsoleText.line($0.name), isChosen: $0.id == form.integrationId)
    }
    hasIntegrations = !self.integrations.isEmpty
    pinning = form.pinning
    self.problem = problem
    self.csrfToken = csrfToken
  }
}

/// One MCP server and its tools.
struct MCPServerPage: Sendable {
  var address: String
  var name: String
  var url: String
  /// Where clients reach it through the gateway.
  var endpoint: String
  var access: String
  var issuer: String?
  var ceiling: String?
  var isEnabled: Bool
  var pinning: Bool
  var configError: String?
  var tools: [ShownTool]
  var hasTools: Bool
  var next: String?
  /// What follows the addresses of its forms.
  var query: String
  var problem: String?
  var csrfToken: String

  /// - Parameter cursor: where this page of its tools begins, so that its forms come back to it.
  init(
    _ server: MCPServer, _ page: Page<MCPTool>, at cursor: String?, endpoint: String, problem: String?,
    csrfToken: String
  ) {
    address = LocalPath.mcpServer(server.id).text
    name = ConsoleText.line(server.name)
    url = server.url
    self.endpoint = endpoint
    access =
      switch server.auth.type {
      case .none: "Nothing to prove"
      case .staticToken: "One token for everyone"
      case .oauth: "Each member's own account"
      }
    issuer = server.discovered.map { ConsoleText.host($0.issuer) }
    ceiling = server.allowedTools.map { $0.isEmpty ? "None" : $0.joined(separator: ", ") }
    isEnabled = server.status == .enabled
    pinning = server.pinning
    configError = server.configError?.detail
    let shown = ShownTool.Frame(address: address, csrfToken: csrfToken)
    tools = page.items.map { ShownTool($0, in: shown) }
    hasTools = !tools.isEmpty
    next = page.nextCursor.map { LocalPath.mcpServer(server.id).at($0).text }
    query = LocalPath.query(at: cursor)
    self.problem = problem
    self.csrfToken = csrfToken
  }
}

/// A tool with what an owner decides by.
struct ShownTool: Sendable {
  /// What the forms of all tools of a page share.
  struct Frame: Sendable {
    var address: String
    var csrfToken: String
  }

  struct Difference: Sendable {
    var path: String
    var before: String
    var after: String
  }

  var name: String
  /// As it stands in the form: exactly the server's own.
  var exactName: String
  var definitionHash: String
  var description: String?
  /// All of what is approved, as JSON: nothing that an agent is guided by may hide behind a shortened text.
  var definition: String
  var state: String
  var isBad: Bool
  var differences: [Difference]
  var hasDifferences: Bool
  var mayApprove: Bool
  var mayBlock: Bool
  var address: String
  var csrfToken: String

  init(_ tool: MCPTool, in frame: Frame) {
    name = ConsoleText.line(tool.name)
    exactName = tool.name
    definitionHash = tool.definitionHash
    if case .string(let text) = tool.definition["description"] {
      description = DisplayText.line(text, maximum: ConsoleText.sentenceLength)
    }
    definition = Self.json(tool.definition)
    state =
      switch tool.state {
      case .approved: "Approved"
      case .new: "New: not approved yet"
      case .changed: "Changed since it was approved"
      case .removed: "No longer at the server"
      case .blocked: "Blocked"
      }
    isBad = tool.state == .changed || tool.state == .blocked
    differences = tool.diff.map { difference in
      let start = Self.start(difference.before, difference.after)
      func side(_ text: String?) -> String {
        guard let text else { return "nothing" }
        let shown = DisplayText.line(String(text.dropFirst(start)), maximum: ConsoleText.sentenceLength)
        return start > 0 ? "…\(shown)" : shown
      }
      return Difference(
        path: ConsoleText.line(difference.path), before: side(difference.before), after: side(difference.after))
    }
    hasDifferences = !differences.isEmpty
    mayApprove = tool.state == .new || tool.state == .changed || tool.state == .blocked
    mayBlock = tool.state != .blocked && tool.state != .removed
    address = frame.address
    csrfToken = frame.csrfToken
  }
  /// Characters before the first one that differs, so that it is seen however long the texts are.
  private static let lead = 40

  /// How many characters of both texts are left out: they are the same.
  private static func start(_ before: String?, _ after: String?) -> Int {
    guard let before, let after else { return 0 }
    return max(0, before.commonPrefix(with: after).count - lead)
  }

  private static func json(_ value: JSONValue) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(value)).map { DisplayText.block(String(decoding: $0, as: UTF8.self)) } ?? ""
  }
}
