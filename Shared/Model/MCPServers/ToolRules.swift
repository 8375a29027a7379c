/// What the organization's access rules say about the tools of one server, for one caller, before there is a call.
///
/// A tool that stands in neither list is asked about for each call: its answer depends on the arguments, the hour or how
/// many calls were made, or nobody has described it yet.
public struct ToolRules: Codable, Sendable, Hashable {
  /// Allowed whatever the call says.
  public var allowed: Set<String>
  /// Refused whatever the call says, with the rule and the reason.
  public var refused: [String: Decision]

  public init(allowed: Set<String> = [], refused: [String: Decision] = [:]) {
    self.allowed = allowed
    self.refused = refused
  }
}

/// Asks the policy service about one call of a tool.
public struct ToolQuestion: Codable, Sendable {
  public var mcpServerId: MCPServerID
  /// By the server's own name.
  public var tool: String
  /// What the call says. Neither recorded nor logged.
  public var arguments: JSONValue?
  /// The Application that acts.
  public var application: ApplicationDescription?

  public init(
    mcpServerId: MCPServerID, tool: String, arguments: JSONValue?, application: ApplicationDescription? = nil
  ) {
    self.mcpServerId = mcpServerId
    self.tool = tool
    self.arguments = arguments
    self.application = application
  }
}

extension MCPAccessEndpoints {
  /// The answer counts towards the rates of rules: it is for a call that is made then.
  public static let decideTool = Endpoint<OnBehalf<ToolQuestion>, Decision>(
    .policy, .post, "/internal/mcp-access/decide-tool", callers: [.gateway])
}
