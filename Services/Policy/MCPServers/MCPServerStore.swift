import FoundationEssentials
import Model
import PostgreSQL

/// The rows of MCP servers.
struct MCPServerStore: Sendable {
  let database: PostgresClient

  private static let columns: SQL = """
    mcp_server_id, organization_id, name, slug, url, auth_type, integration_id, scopes, header, prefix, \
    allowed_tools, description, status, pinning, issuer, resource, discovered_at, config_error, config_error_issuer, \
    config_error_at, catalogue_stored_at, created_at, updated_at
    """

  func find(_ id: MCPServerID, in organization: OrganizationID) async throws -> MCPServerRecord? {
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT \(Self.columns) FROM mcp_server WHERE organization_id = \(organization) AND mcp_server_id = \(id)
      """)
    return try rows.first.map(Self.record)
  }

  /// The enabled servers, ordered by slug; one of them where an id is given.
  func enabled(_ id: MCPServerID?, in organization: OrganizationID) async throws -> [MCPServerRecord] {
    let condition: SQL = id.map { "mcp_server_id = \($0)" } ?? "true"
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT \(Self.columns) FROM mcp_server \
      WHERE organization_id = \(organization) AND status = 'enabled' AND \(condition) \
      ORDER BY slug LIMIT \(PolicyLimits.mcpServerCount)
      """)
    return try rows.map(Self.record)
  }

  /// Which servers a page is about.
  enum Selection: Sendable {
    case all
    /// What members may see: the enabled ones, of these where a Charm acts.
    case enabled(of: [MCPServerID]?)
  }

  /// A page, newest first, with one item more than the limit when there are more.
  func list(
    _ selection: Selection, in organization: OrganizationID, after cursor: PageCursor?, limit: Int
  ) async throws -> [MCPServerRecord] {
    let position: SQL = cursor.map { "AND (created_at, mcp_server_id) < (\($0.time), \($0.id))" } ?? ""
    let condition: SQL =
      switch selection {
      case .all: "true"
      case .enabled(nil): "status = 'enabled'"
      case .enabled(let ids?): "status = 'enabled' AND mcp_server_id = ANY (\(ids.map(\.rawValue)))"
      }
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT \(Self.columns) FROM mcp_server \
      WHERE organization_id = \(organization) AND \(condition) \(position) \
      ORDER BY created_at DESC, mcp_server_id DESC LIMIT \(limit + 1)
      """)
    return try rows.map(Self.record)
  }

  /// Every one; kept from changing until the transaction ends where that is asked for.
  func all(
    in organization: OrganizationID, isLocking: Bool, _ transaction: PostgresTransaction
  ) async throws -> [MCPServerRecord] {
    let lock: SQL = isLocking ? "FOR UPDATE" : ""
    return try await transaction.query(
      "SELECT \(Self.columns) FROM mcp_server WHERE organization_id = \(organization) ORDER BY mcp_server_id \(lock)"
    ).map(Self.record)
  }

  /// The slugs that are taken. Whoever else adds a server to the organization waits until the transaction ends.
  func lockSlugs(
    in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Set<String> {
    try await transaction.query(
      "SELECT organization_id FROM organization WHERE organization_id = \(organization) FOR NO KEY UPDATE")
    let rows = try await transaction.query("SELECT slug FROM mcp_server WHERE organization_id = \(organization)")
    return Set(try rows.map { try $0.get("slug", as: String.self) })
  }

  func insert(_ record: MCPServerRecord, in transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      INSERT INTO mcp_server (organization_id, mcp_server_id, name, slug, url, auth_type, integration_id, scopes, \
      header, prefix, allowed_tools, description, status, pinning, issuer, resource, discovered_at, created_at, \
      updated_at) \
      VALUES (\(record.organizationId), \(record.id), \(record.name), \(record.slug), \(record.url), \
      \(record.auth.type), \(record.auth.integrationId?.rawValue), \(record.auth.scopes), \(record.auth.header), \
      \(record.auth.prefix), \(record.allowedTools), \(record.description), \(record.status), \(record.pinning), \
      \(record.discovered?.issuer), \(record.discovered?.resource), \(record.discovered?.discoveredAt), \
      \(record.createdAt), \(record.updatedAt))
      """)
  }

  /// The row, locked until the transaction ends.
  func lock(
    _ id: MCPServerID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> MCPServerRecord? {
    let rows = try await transaction.query(
      """
      SELECT \(Self.columns) FROM mcp_server \
      WHERE organization_id = \(organization) AND mcp_server_id = \(id) FOR UPDATE
      """)
    return try rows.first.map(Self.record)
  }

  /// Writes what may change of a server.
  func update(_ record: MCPServerRecord, in transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      UPDATE mcp_server SET name = \(record.name), auth_type = \(record.auth.type), \
      integration_id = \(record.auth.integrationId?.rawValue), scopes = \(record.auth.scopes), \
      header = \(record.auth.header), prefix = \(record.auth.prefix), allowed_tools = \(record.allowedTools), \
      description = \(record.description), status = \(record.status), pinning = \(record.pinning), \
      issuer = \(record.discovered?.issuer), resource = \(record.discovered?.resource), \
      discovered_at = \(record.discovered?.discoveredAt), config_error = \(record.configError?.reason.rawValue), \
      config_error_issuer = \(record.configError?.issuer), config_error_at = \(record.configError?.since), \
      catalogue_stored_at = \(record.catalogueStoredAt), updated_at = \(record.updatedAt) \
      WHERE organization_id = \(record.organizationId) AND mcp_server_id = \(record.id)
      """)
  }

  /// Removes a server with its tools and its places in Charms.
  func delete(_ id: MCPServerID, in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      "DELETE FROM mcp_server WHERE organization_id = \(organization) AND mcp_server_id = \(id)")
  }

  /// The names of the servers that use an Integration, which the caller has locked.
  func users(
    of integration: IntegrationID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> [String] {
    try await transaction.query(
      """
      SELECT name FROM mcp_server WHERE organization_id = \(organization) AND integration_id = \(integration) \
      ORDER BY slug
      """
    ).map { try $0.get("name") }
  }

  /// Takes an Integration away from the servers that use it: they are not set up any more.
  func detach(
    _ integration: IntegrationID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      UPDATE mcp_server SET integration_id = NULL, updated_at = now() \
      WHERE organization_id = \(organization) AND integration_id = \(integration)
      """)
  }

  private static func record(_ row: PostgresRow) throws -> MCPServerRecord {
    let discovered = try discovered(row)
    return MCPServerRecord(
      id: try row.id("mcp_server_id"), organizationId: try row.id("organization_id"), name: try row.get("name"),
      slug: try row.get("slug"), url: try row.get("url"),
      auth: MCPServerAuth(
        type: try row.value("auth_type"), integrationId: try row.optionalId("integration_id"),
        scopes: try row.get("scopes"), header: try row.get("header"), prefix: try row.get("prefix")),
      allowedTools: try row.get("allowed_tools"), description: try row.get("description"),
      status: try row.value("status"), pinning: try row.get("pinning"),
      discovered: discovered, configError: try configError(row, of: discovered),
      catalogueStoredAt: try row.get("catalogue_stored_at"), createdAt: try row.get("created_at"),
      updatedAt: try row.get("updated_at"))
  }

  private static func discovered(_ row: PostgresRow) throws -> MCPServer.Discovered? {
    guard let issuer = try row.get("issuer", as: String?.self) else { return nil }
    return MCPServer.Discovered(
      issuer: issuer, resource: try row.get("resource"), discoveredAt: try row.get("discovered_at"))
  }

  private static func configError(
    _ row: PostgresRow, of discovered: MCPServer.Discovered?
  ) throws -> MCPServer.ConfigError? {
    guard let word = try row.get("config_error", as: String?.self) else { return nil }
    guard MCPServer.ConfigError.Reason(rawValue: word) == .issuerChanged else {
      throw UnknownColumnValue(column: "config_error")
    }
    return .issuerChanged(
      to: try row.get("config_error_issuer"), from: discovered?.issuer ?? "", at: try row.get("config_error_at"))
  }
}
