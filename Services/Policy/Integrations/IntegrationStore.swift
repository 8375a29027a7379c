import FoundationEssentials
import Model
import PostgreSQL

/// The rows of Integrations. A deleted one is found only where a method says so.
struct IntegrationStore: Sendable {
  let database: PostgresClient

  private static let columns: SQL = """
    integration_id, organization_id, name, provider, provider_url, client_id, default_scopes, maximum_scopes, \
    variables::text AS variables, custom::text AS custom, status, redirect_uri, secret_expires_at, registration, \
    mcp_server_id, created_at, updated_at
    """

  /// One Integration.
  func find(_ id: IntegrationID, in organization: OrganizationID) async throws -> IntegrationRecord? {
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT \(Self.columns) FROM integration \
      WHERE organization_id = \(organization) AND integration_id = \(id) AND deleted_at IS NULL
      """)
    return try rows.first.map(Self.record)
  }

  /// One Integration, also when it has been deleted and its tokens are still being revoked.
  func findForExchanger(_ id: IntegrationID, in organization: OrganizationID) async throws -> IntegrationRecord? {
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT \(Self.columns) FROM integration WHERE organization_id = \(organization) AND integration_id = \(id)
      """)
    return try rows.first.map(Self.record)
  }

  /// The enabled Integrations that a selector names, newest first.
  func enabled(_ selector: IntegrationSelector, in organization: OrganizationID) async throws -> [IntegrationRecord] {
    let condition: SQL =
      switch selector {
      case .all: "mcp_server_id IS NULL"
      case .id(let id): "integration_id = \(id)"
      case .ids(let ids): "integration_id = ANY (\(ids.map(\.rawValue)))"
      case .providerUrl(let url, let provider):
        "(provider_url = \(url) OR provider = \(provider)) AND mcp_server_id IS NULL"
      }
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT \(Self.columns) FROM integration \
      WHERE organization_id = \(organization) AND deleted_at IS NULL AND status = 'enabled' AND \(condition) \
      ORDER BY created_at DESC, integration_id DESC LIMIT 100
      """)
    return try rows.map(Self.record)
  }

  /// A page of the organization's Integrations, newest first, with one item more than the limit when there are more.
  func list(
    in organization: OrganizationID, after cursor: PageCursor?, limit: Int
  ) async throws -> [IntegrationRecord] {
    let position: SQL = cursor.map { "AND (created_at, integration_id) < (\($0.time), \($0.id))" } ?? ""
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT \(Self.columns) FROM integration \
      WHERE organization_id = \(organization) AND deleted_at IS NULL \(position) \
      ORDER BY created_at DESC, integration_id DESC LIMIT \(limit + 1)
      """)
    return try rows.map(Self.record)
  }

  /// Every one, those of MCP servers too; kept from changing until the transaction ends where that is asked for.
  func all(
    in organization: OrganizationID, isLocking: Bool, _ transaction: PostgresTransaction
  ) async throws -> [IntegrationRecord] {
    let lock: SQL = isLocking ? "FOR UPDATE" : ""
    return try await transaction.query(
      """
      SELECT \(Self.columns) FROM integration \
      WHERE organization_id = \(organization) AND deleted_at IS NULL ORDER BY integration_id \(lock)
      """
    ).map(Self.record)
  }

  func insert(_ record: IntegrationRecord, in transaction: PostgresTransaction) async throws {
    let variables = try WireJSON.text(record.variables)
    let custom = try record.custom.map(WireJSON.text)
    _ = try await transaction.query(
      """
      INSERT INTO integration (integration_id, organization_id, name, provider, provider_url, client_id, \
      default_scopes, maximum_scopes, variables, custom, status, redirect_uri, secret_expires_at, registration, \
      mcp_server_id, created_at, updated_at) \
      VALUES (\(record.id), \(record.organizationId), \(record.name), \(record.provider), \(record.providerUrl), \
      \(record.clientId), \(record.defaultScopes), \(record.maximumScopes), \(variables)::jsonb, \(custom)::jsonb, \
      \(record.status), \(record.redirectUri), \(record.secretExpiresAt), \(record.registration), \
      \(record.mcpServerId?.rawValue), \(record.createdAt), \(record.updatedAt))
      """)
  }

  /// The row, locked until the transaction ends.
  func lock(
    _ id: IntegrationID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> IntegrationRecord? {
    let rows = try await transaction.query(
      """
      SELECT \(Self.columns) FROM integration \
      WHERE organization_id = \(organization) AND integration_id = \(id) AND deleted_at IS NULL FOR UPDATE
      """)
    return try rows.first.map(Self.record)
  }

  /// Writes what may change of an Integration.
  func update(_ record: IntegrationRecord, in transaction: PostgresTransaction) async throws {
    _ = try await transaction.query(
      """
      UPDATE integration SET name = \(record.name), default_scopes = \(record.defaultScopes), \
      maximum_scopes = \(record.maximumScopes), status = \(record.status), \
      secret_expires_at = \(record.secretExpiresAt), updated_at = \(record.updatedAt) \
      WHERE organization_id = \(record.organizationId) AND integration_id = \(record.id)
      """)
  }

  /// The Integrations that were made for an MCP server, locked.
  func bound(
    to server: MCPServerID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> [IntegrationID] {
    try await transaction.query(
      """
      SELECT integration_id FROM integration \
      WHERE organization_id = \(organization) AND mcp_server_id = \(server) AND deleted_at IS NULL FOR UPDATE
      """
    ).map { try $0.id("integration_id") }
  }

  /// Hides an Integration from everyone but the exchanger.
  func markDeleted(_ id: IntegrationID, in organization: OrganizationID, _ transaction: PostgresTransaction)
    async throws
  {
    _ = try await transaction.query(
      """
      UPDATE integration SET deleted_at = now(), status = 'disabled', updated_at = now() \
      WHERE organization_id = \(organization) AND integration_id = \(id)
      """)
  }

  /// Removes a deleted Integration's row for good.
  func erase(_ id: IntegrationID, in organization: OrganizationID) async throws {
    _ = try await database.write(
      in: .organization(organization),
      """
      DELETE FROM integration \
      WHERE organization_id = \(organization) AND integration_id = \(id) AND deleted_at IS NOT NULL
      """)
  }

  private static func record(_ row: PostgresRow) throws -> IntegrationRecord {
    IntegrationRecord(
      id: try row.id("integration_id"), organizationId: try row.id("organization_id"), name: try row.get("name"),
      provider: try row.get("provider"), providerUrl: try row.get("provider_url"), clientId: try row.get("client_id"),
      defaultScopes: try row.get("default_scopes"), maximumScopes: try row.get("maximum_scopes"),
      variables: try row.json("variables"), custom: try row.optionalJSON("custom"), status: try row.value("status"),
      redirectUri: try row.get("redirect_uri"), secretExpiresAt: try row.get("secret_expires_at"),
      registration: try row.value("registration"), mcpServerId: try row.optionalId("mcp_server_id"),
      createdAt: try row.get("created_at"), updatedAt: try row.get("updated_at"))
  }
}

/// How a request names Integrations.
enum IntegrationSelector: Hashable, Sendable {
  /// Whichever the rules allow but those of one MCP server: an Application that acts on a Connection by its id names no provider.
  case all
  case id(IntegrationID)
  /// At most as many as MCP servers can name.
  case ids([IntegrationID])
  /// Normalized. The provider of the catalogue that answers to this URL besides its Integrations' own, if any.
  case providerUrl(String, alternatelyOf: String?)
}
