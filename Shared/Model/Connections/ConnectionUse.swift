public import FoundationEssentials

/// One use of a Connection, as its owner sees it (`GET /v1/connections/{id}/uses`).
public struct ConnectionUse: Codable, Sendable {
  public var id: AuditEventID
  public var occurredAt: Date
  /// Dotted text such as `connection.token.released`.
  public var action: String
  public var actor: Actor
  public var outcome: String
  /// The entry's number in the chain of its service.
  public var sequence: Int64?
  /// The MCP server that was called with the Connection's token.
  public var mcpServerId: MCPServerID?
  /// The tool that was called.
  public var tool: String?

  public init(
    id: AuditEventID, occurredAt: Date, action: String, actor: Actor, outcome: String, sequence: Int64? = nil,
    mcpServerId: MCPServerID? = nil, tool: String? = nil
  ) {
    self.id = id
    self.occurredAt = occurredAt
    self.action = action
    self.actor = actor
    self.outcome = outcome
    self.sequence = sequence
    self.mcpServerId = mcpServerId
    self.tool = tool
  }
}

/// Asks for the calls of tools that were made with one Connection, newest first.
public struct ConnectionCallQuery: Codable, Sendable {
  public var connectionId: ConnectionID
  /// Only entries with smaller numbers; from the newest on when absent.
  public var before: Int64?
  public var limit: Int

  public init(connectionId: ConnectionID, before: Int64? = nil, limit: Int) {
    self.connectionId = connectionId
    self.before = before
    self.limit = limit
  }
}

extension AuditEndpoints {
  /// Members see calls in their own name, owners and admins everyone's.
  public static let connectionCalls = Endpoint<OnBehalf<ConnectionCallQuery>, Page<ConnectionUse>>(
    .policy, .post, "/internal/audit/connection-calls", callers: [.gateway])
}
