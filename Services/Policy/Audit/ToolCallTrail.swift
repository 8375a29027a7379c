import Audit
import Model
import PostgreSQL

/// Tool calls on their way into the organization's trail, as the gateway tells of them.
struct ToolCallTrail: Sendable {
  let database: PostgresClient
  let audit: PolicyAudit

  /// Records tool calls that the gateway tells of: all of them, in one commit, and none twice.
  ///
  /// - Throws: `invalid_request`, `not_found` for an organization that is not there.
  func record(_ request: RecordToolCalls, from service: ServiceName) async throws {
    guard (1...RecordToolCalls.maximumCount).contains(request.calls.count) else {
      throw ServiceError(.invalidRequest, "calls must be 1 to \(RecordToolCalls.maximumCount).")
    }
    do {
      try await attempt(request, service)
    } catch let error as PostgresError where error.sqlState == .uniqueViolation {
      try await recordMissing(request, service)
    }
  }

  /// Some of the calls are there: the answer to an earlier telling was lost, or they are being recorded at the same moment.
  private func recordMissing(_ request: RecordToolCalls, _ service: ServiceName) async throws {
    do {
      try await attempt(request, service, lookingFirst: true)
    } catch let error as PostgresError where error.sqlState == .uniqueViolation {
      // The others came while this looked: now they are there to be seen.
      try await attempt(request, service, lookingFirst: true)
    }
  }

  /// - Parameter lookingFirst: whether calls may be there already. It is not asked of every batch, since nearly none has been told before.
  private func attempt(
    _ request: RecordToolCalls, _ service: ServiceName, lookingFirst: Bool = false
  ) async throws {
    let organization = request.organizationId
    let writer = audit.writer
    try await database.transaction(in: .organization(organization)) { transaction in
      let found = try await transaction.query(
        "SELECT 1 AS there FROM organization WHERE organization_id = \(organization)")
      guard !found.isEmpty else { throw ServiceError(.notFound, "There is no such organization.") }
      let known =
        lookingFirst ? try await Self.recorded(request.calls.map(\.id.rawValue), in: organization, transaction) : []
      let entries = request.calls.filter { !known.contains($0.id.rawValue) }.map {
        Self.entry($0, in: organization, from: service)
      }
      try await writer.append(entries, in: transaction)
    }
  }

  private static func recorded(
    _ ids: [String], in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Set<String> {
    let rows = try await transaction.query(
      """
      SELECT id FROM audit_entry WHERE organization_id = \(organization) AND id = ANY (\(ids)::text[]) \
      AND action = 'mcp-server.tool.called'
      """)
    return Set(try rows.map { try $0.get("id", as: String.self) })
  }

  private static func entry(
    _ call: ToolCallRecord, in organization: OrganizationID, from service: ServiceName
  ) -> AuditEntry {
    var details = ["tool": call.tool, "durationMs": String(call.durationMilliseconds)]
    details["host"] = call.host
    details["reason"] = call.reason
    details["connectionId"] = call.connectionId?.rawValue
    // A member is their own agent, named in both places.
    let actor = call.actor.kind == .member ? Actor(kind: .member, id: call.userId?.rawValue) : call.actor
    return AuditEntry(
      id: call.id, organizationId: organization, occurredAt: call.occurredAt,
      action: PolicyAction.toolCalled.rawValue, actor: actor, userId: call.userId,
      applicationId: call.application?.applicationId, appId: call.application?.appId,
      charmId: call.actor.kind == .charm ? call.actor.id : nil, caller: service,
      target: call.mcpServerId.map { AuditEntry.Target(kind: "mcp-server", id: $0.rawValue) }, outcome: call.outcome,
      requestId: call.requestId, details: details
    ).fitting
  }
}
