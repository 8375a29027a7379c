import Model

/// Tool calls on their way into the audit trail.
extension WireSamples {
  static let toolCalls: [WireSample] = [
    WireSample(
      "RecordToolCalls",
      RecordToolCalls(
        organizationId: organization,
        calls: [
          ToolCallRecord(
            id: AuditEventID(rawValue: "evt_1"), occurredAt: time, actor: actor, userId: user, application: scope,
            mcpServerId: server, tool: "search", outcome: .refused, reason: "server-ceiling",
            durationMilliseconds: 12, requestId: "req_1")
        ])),
    WireSample(
      "RecordConnectedCall",
      RecordToolCalls(
        organizationId: organization,
        calls: [
          ToolCallRecord(
            id: AuditEventID(rawValue: "evt_1"), occurredAt: time, actor: actor, userId: user, application: nil,
            mcpServerId: server, connectionId: connection, tool: "search", outcome: .succeeded, reason: nil,
            durationMilliseconds: 12, requestId: "req_1")
        ])),
    WireSample(
      "RecordProxiedCall",
      RecordToolCalls(
        organizationId: organization,
        calls: [
          ToolCallRecord(
            id: AuditEventID(rawValue: "evt_1"), occurredAt: time, actor: actor, userId: user, application: scope,
            mcpServerId: nil, host: "mcp.example.com", tool: "search", outcome: .succeeded, reason: nil,
            durationMilliseconds: 12, requestId: "req_1")
        ])),
  ]
}
