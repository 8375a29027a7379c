import FoundationEssentials
import Model
import PostgreSQL

/// The rows of stored catalogues.
struct ToolStore: Sendable {
  let database: PostgresClient

  private static let columns: SQL = """
    name, definition, definition_hash, approved_definition, approved_hash, is_present, is_blocked, first_seen_at, \
    changed_at
    """

  /// A page of a server's tools by name, with one item more than the limit when there are more.
  func list(
    of server: MCPServerID, in organization: OrganizationID, after name: String?, limit: Int
  ) async throws -> [ToolRecord] {
    let position: SQL = name.map { "AND name > \($0) COLLATE \"C\"" } ?? ""
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT \(Self.columns) FROM mcp_tool WHERE organization_id = \(organization) AND mcp_server_id = \(server) \
      \(position) ORDER BY name COLLATE "C" LIMIT \(limit + 1)
      """)
    return try rows.map(Self.record)
  }

  /// Everything about a server's tools. The caller has locked the server.
  func all(
    of server: MCPServerID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> [ToolRecord] {
    try await transaction.query(
      "SELECT \(Self.columns) FROM mcp_tool WHERE organization_id = \(organization) AND mcp_server_id = \(server)"
    ).map(Self.record)
  }

  func find(
    _ name: String, of server: MCPServerID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> ToolRecord? {
    try await transaction.query(
      """
      SELECT \(Self.columns) FROM mcp_tool \
      WHERE organization_id = \(organization) AND mcp_server_id = \(server) AND name = \(name)
      """
    ).first.map(Self.record)
  }

  /// Writes tools that are new or different.
  func write(
    _ tools: [ToolRecord], of server: MCPServerID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    guard !tools.isEmpty else { return }
    try await transaction.query(
      """
      INSERT INTO mcp_tool (organization_id, mcp_server_id, name, definition, definition_hash, approved_definition, \
      approved_hash, is_present, is_blocked, first_seen_at, changed_at) \
      SELECT \(organization), \(server), t.* FROM unnest(\(tools.map(\.name))::text[], \
      \(tools.map(\.definition.text))::text[], \(tools.map(\.definition.hash))::text[], \
      \(tools.map(\.approved?.text))::text[], \(tools.map(\.approved?.hash))::text[], \
      \(tools.map(\.isPresent))::boolean[], \(tools.map(\.isBlocked))::boolean[], \
      \(tools.map(\.firstSeenAt))::timestamptz[], \(tools.map(\.changedAt))::timestamptz[]) AS t \
      ON CONFLICT (organization_id, mcp_server_id, name) DO UPDATE SET definition = excluded.definition, \
      definition_hash = excluded.definition_hash, approved_definition = excluded.approved_definition, \
      approved_hash = excluded.approved_hash, is_present = excluded.is_present, is_blocked = excluded.is_blocked, \
      changed_at = excluded.changed_at
      """)
  }

  func forget(
    _ names: [String], of server: MCPServerID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    guard !names.isEmpty else { return }
    try await transaction.query(
      """
      DELETE FROM mcp_tool WHERE organization_id = \(organization) AND mcp_server_id = \(server) \
      AND name = ANY (\(names))
      """)
  }

  /// What decisions look at, of several servers, by name.
  func entries(
    of servers: [MCPServerID], in organization: OrganizationID, withDefinitions: Bool
  ) async throws -> [MCPServerID: [CatalogueEntry]] {
    guard !servers.isEmpty else { return [:] }
    let definition: SQL = withDefinitions ? "definition" : "NULL::text"
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT mcp_server_id, name, definition_hash, approved_hash, is_present, is_blocked, \(definition) AS definition \
      FROM mcp_tool \
      WHERE organization_id = \(organization) AND mcp_server_id = ANY (\(servers.map(\.rawValue))) \
      ORDER BY name COLLATE "C"
      """)
    return try rows.reduce(into: [:]) { found, row in
      let hash: String = try row.get("definition_hash")
      let state = MCPTool.State(
        isBlocked: try row.get("is_blocked"), isPresent: try row.get("is_present"), hash: hash,
        approvedHash: try row.get("approved_hash"))
      found[try row.id("mcp_server_id"), default: []].append(
        CatalogueEntry(name: try row.get("name"), state: state, hash: hash, definition: try row.get("definition")))
    }
  }

  private static func record(_ row: PostgresRow) throws -> ToolRecord {
    let approvedText: String? = try row.get("approved_definition")
    let approvedHash: String? = try row.get("approved_hash")
    let approved = approvedText.flatMap { text in approvedHash.map { ToolRecord.Definition(text: text, hash: $0) } }
    return ToolRecord(
      name: try row.get("name"),
      definition: .init(text: try row.get("definition"), hash: try row.get("definition_hash")),
      approved: approved, isPresent: try row.get("is_present"), isBlocked: try row.get("is_blocked"),
      firstSeenAt: try row.get("first_seen_at"), changedAt: try row.get("changed_at"))
  }
}
