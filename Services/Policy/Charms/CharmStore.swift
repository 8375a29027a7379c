import FoundationEssentials
import Model
import PostgreSQL

/// The rows of Charms and of the MCP servers that they have.
struct CharmStore: Sendable {
  let database: PostgresClient

  /// A Charm with its servers in the owner's order. As JSON, since lists of different lengths do not fit into an array
  /// of arrays.
  private static let columns: SQL = """
    c.charm_id, c.name, c.created_at, c.updated_at, \
    (SELECT coalesce(json_agg(json_build_object('mcpServerId', s.mcp_server_id, 'allowedTools', s.allowed_tools) \
    ORDER BY s.position), '[]')::text FROM charm_server s \
    WHERE s.organization_id = c.organization_id AND s.charm_id = c.charm_id) AS servers
    """

  func find(_ id: String, in organization: OrganizationID) async throws -> Charm? {
    let rows = try await database.read(
      in: .organization(organization),
      "SELECT \(Self.columns) FROM charm c WHERE c.organization_id = \(organization) AND c.charm_id = \(id)")
    return try rows.first.map(Self.charm)
  }

  /// Charms that have any of the servers, with one more than the limit when there are more.
  func having(
    anyOf servers: Set<MCPServerID>, in organization: OrganizationID, limit: Int
  ) async throws -> [Charm] {
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT \(Self.columns) FROM charm c WHERE c.organization_id = \(organization) AND EXISTS ( \
      SELECT FROM charm_server h WHERE h.organization_id = c.organization_id AND h.charm_id = c.charm_id \
      AND h.mcp_server_id = ANY (\(servers.map(\.rawValue)))) ORDER BY c.charm_id LIMIT \(limit + 1)
      """)
    return try rows.map(Self.charm)
  }

  /// A page of the organization's Charms, newest first, with one item more than the limit when there are more.
  func list(in organization: OrganizationID, after cursor: PageCursor?, limit: Int) async throws -> [Charm] {
    let position: SQL = cursor.map { "AND (c.created_at, c.charm_id) < (\($0.time), \($0.id))" } ?? ""
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT \(Self.columns) FROM charm c WHERE c.organization_id = \(organization) \(position) \
      ORDER BY c.created_at DESC, c.charm_id DESC LIMIT \(limit + 1)
      """)
    return try rows.map(Self.charm)
  }

  /// Every one; kept from changing until the transaction ends where that is asked for.
  func all(
    in organization: OrganizationID, isLocking: Bool, _ transaction: PostgresTransaction
  ) async throws -> [Charm] {
    let lock: SQL = isLocking ? "FOR UPDATE OF c" : ""
    return try await transaction.query(
      "SELECT \(Self.columns) FROM charm c WHERE c.organization_id = \(organization) ORDER BY c.charm_id \(lock)"
    ).map(Self.charm)
  }

  /// Returns false when the id is taken.
  func insert(
    _ charm: Charm, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Bool {
    let rows = try await transaction.query(
      """
      INSERT INTO charm (organization_id, charm_id, name, created_at, updated_at) \
      VALUES (\(organization), \(charm.id), \(charm.name), \(charm.createdAt), \(charm.updatedAt)) \
      ON CONFLICT DO NOTHING RETURNING charm_id
      """)
    guard !rows.isEmpty else { return false }
    try await replaceServers(of: charm, in: organization, transaction)
    return true
  }

  /// The Charm, locked until the transaction ends.
  func lock(
    _ id: String, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Charm? {
    let rows = try await transaction.query(
      """
      SELECT \(Self.columns) FROM charm c WHERE c.organization_id = \(organization) AND c.charm_id = \(id) FOR UPDATE
      """)
    return try rows.first.map(Self.charm)
  }

  func update(_ charm: Charm, in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      UPDATE charm SET name = \(charm.name), updated_at = \(charm.updatedAt) \
      WHERE organization_id = \(organization) AND charm_id = \(charm.id)
      """)
    try await replaceServers(of: charm, in: organization, transaction)
  }

  /// Returns false for an unknown Charm.
  func delete(_ id: String, in organization: OrganizationID, _ transaction: PostgresTransaction) async throws -> Bool {
    let deleted = try await transaction.execute(
      "DELETE FROM charm WHERE organization_id = \(organization) AND charm_id = \(id)")
    return deleted > 0
  }

  /// Those of the servers that the organization has, kept from deletion until the transaction ends.
  func known(
    _ servers: [MCPServerID], in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Set<MCPServerID> {
    let rows = try await transaction.query(
      """
      SELECT mcp_server_id FROM mcp_server WHERE organization_id = \(organization) \
      AND mcp_server_id = ANY (\(servers.map(\.rawValue))) ORDER BY mcp_server_id FOR KEY SHARE
      """)
    return Set(try rows.map { try $0.id("mcp_server_id") })
  }

  private func replaceServers(
    of charm: Charm, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      "DELETE FROM charm_server WHERE organization_id = \(organization) AND charm_id = \(charm.id)")
    for (position, server) in charm.mcpServers.enumerated() {
      try await transaction.query(
        """
        INSERT INTO charm_server (organization_id, charm_id, mcp_server_id, position, allowed_tools) \
        VALUES (\(organization), \(charm.id), \(server.mcpServerId), \(position), \(server.allowedTools))
        """)
    }
  }

  private static func charm(_ row: PostgresRow) throws -> Charm {
    Charm(
      id: try row.get("charm_id"), name: try row.get("name"), mcpServers: try row.json("servers"),
      createdAt: try row.get("created_at"), updatedAt: try row.get("updated_at"))
  }
}
