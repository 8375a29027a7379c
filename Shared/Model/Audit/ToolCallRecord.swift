public import FoundationEssentials

/// One call of an MCP server's tool, as the gateway saw it end. Never its arguments, never its result.
public struct ToolCallRecord: Codable, Sendable, Hashable {
  /// Names the entry: told twice, it is recorded once.
  public var id: AuditEventID
  /// When the call came in.
  public var occurredAt: Date
  public var actor: Actor
  /// The member on whose behalf it was made; absent for an API key.
  public var userId: UserID?
  /// The Application that it was made for.
  public var application: ConnectionScope?
  /// Absent where the call named none that exists.
  public var mcpServerId: MCPServerID?
  /// The member's Connection whose token went with it.
  public var connectionId: ConnectionID?
  /// For a server that an Application names itself: its host, with the port where that is not the usual one.
  public var host: String?
  /// By the server's own name, as far as the call got that far.
  public var tool: String
  public var outcome: AuditEntry.Outcome
  /// Why it was refused or failed: the deciding rule, or a stable word such as `cancelled`.
  public var reason: String?
  /// Until the last byte of the answer was passed on.
  public var durationMilliseconds: Int
  public var requestId: String?

  public init(
    id: AuditEventID = .random(), occurredAt: Date, actor: Actor, userId: UserID?, application: ConnectionScope?,
    mcpServerId: MCPServerID?, connectionId: ConnectionID? = nil, host: String? = nil, tool: String,
    outcome: AuditEntry.Outcome, reason: String?, durationMilliseconds: Int, requestId: String?
  ) {
    self.id = id
    self.occurredAt = occurredAt
    self.actor = actor
    self.userId = userId
    self.application = application
    self.mcpServerId = mcpServerId
    self.connectionId = connectionId
    self.host = host
    self.tool = tool
    self.outcome = outcome
    self.reason = reason
    self.durationMilliseconds = durationMilliseconds
    self.requestId = requestId
  }
}

/// Calls of one organization that are to be recorded together.
public struct RecordToolCalls: Codable, Sendable {
  /// Calls in one request: one commit, far below the limit of a body.
  public static let maximumCount = 256

  public var organizationId: OrganizationID
  public var calls: [ToolCallRecord]

  public init(organizationId: OrganizationID, calls: [ToolCallRecord]) {
    self.organizationId = organizationId
    self.calls = calls
  }
}

extension AuditEndpoints {
  /// Returns when the calls are committed to the organization's chain. Told again, nothing is recorded twice. Fails with `not_found` for an
  /// organization that is not there.
  public static let recordToolCalls = Endpoint<RecordToolCalls, Empty>(
    .policy, .post, "/internal/audit/tool-calls", callers: [.gateway])
}
