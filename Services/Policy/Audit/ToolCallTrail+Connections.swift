import FoundationEssentials
import Model
import PostgreSQL

extension ToolCallTrail {
  /// Calls of tools that were made with one Connection, newest first. Whose Connection it is, only the vault knows: so members see no call but
  /// those in their own name.
  ///
  /// - Throws: `invalid_request`.
  func calls(_ query: ConnectionCallQuery, by principal: Principal) async throws -> Page<ConnectionUse> {
    try principal.require(.configuration)
    let organization = principal.organizationId
    let limit = try PageRequest(limit: query.limit).checkedLimit()
    let caller = principal.caller
    let seesAll = caller.role.mayConfigure && caller.charmId == nil
    let person: SQL = seesAll ? "" : "AND user_id = \(caller.user?.id.rawValue)"
    let position: SQL = query.before.map { "AND seq < \($0)" } ?? ""
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT seq, id, occurred_at, action, actor_kind, actor_id, target_id, outcome, details ->> 'tool' AS tool \
      FROM audit_entry WHERE organization_id = \(organization) AND action = 'mcp-server.tool.called' \
      AND details ->> 'connectionId' = \(query.connectionId) \(person) \(position) ORDER BY seq DESC LIMIT \(limit + 1)
      """)
    let uses = try rows.prefix(limit).map { row in
      ConnectionUse(
        id: try row.id("id"), occurredAt: try row.get("occurred_at"), action: try row.get("action"),
        actor: Actor(kind: try row.value("actor_kind"), id: try row.get("actor_id")), outcome: try row.get("outcome"),
        sequence: try row.get("seq"), mcpServerId: try row.optionalId("target_id"), tool: try row.get("tool"))
    }
    return Page(items: uses, nextCursor: rows.count > limit ? uses.last?.sequence.map(String.init) : nil)
  }
}
