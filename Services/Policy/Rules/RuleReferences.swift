import Model
import PostgreSQL

/// Holds a rule's ids against what the organization has: one of another organization, or of nothing at all, would make
/// a rule that can never match. Charms, Applications and groups belong to the host platform and may come later.
struct RuleReferences: Sendable {
  /// - Throws: `invalid_request` with a pointer to each id that names nothing.
  func check(
    _ draft: RuleDraft, at place: String = "", in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    let users = draft.subjects.users?.map(\.rawValue) ?? []
    let integrations = draft.resources.integrations?.map(\.rawValue) ?? []
    let servers = draft.resources.mcpServers?.map(\.rawValue) ?? []
    guard !users.isEmpty || !integrations.isEmpty || !servers.isEmpty else { return }
    let rows = try await transaction.query(
      """
      SELECT user_id AS id FROM member WHERE organization_id = \(organization) AND user_id = ANY (\(users)) \
      AND removed_at IS NULL \
      UNION ALL SELECT integration_id FROM integration WHERE organization_id = \(organization) \
      AND integration_id = ANY (\(integrations)) AND deleted_at IS NULL \
      UNION ALL SELECT mcp_server_id FROM mcp_server WHERE organization_id = \(organization) \
      AND mcp_server_id = ANY (\(servers))
      """)
    let known = Set(try rows.map { try $0.get("id", as: String.self) })
    let lists = [
      ("/subjects/users", users, "member"), ("/resources/integrations", integrations, "Integration"),
      ("/resources/mcpServers", servers, "MCP server"),
    ]
    let unknown = lists.flatMap { list, ids, noun in
      ids.enumerated().filter { !known.contains($0.element) }.map { ("\(place)\(list)/\($0.offset)", noun) }
    }
    guard !unknown.isEmpty else { return }
    let told = unknown.map { "\($0.0) names no \($0.1) of the organization" }
    throw ServiceError(
      .invalidRequest, told.joined(separator: "; ") + ".",
      facts: ["fields": unknown.map(\.0), "problems": told])
  }
}
