import FoundationEssentials
import Model
import PostgreSQL

/// The rows of identity providers: at most one for each organization.
struct IdentityProviderStore: Sendable {
  private static let columns: SQL = """
    organization_id, issuer, client_id, secret_id, scopes, role_claim, role_mapping::text AS role_mapping, groups_claim, \
    link_claim, allowed_domains, created_at, updated_at
    """

  let database: PostgresClient

  func find(in organization: OrganizationID) async throws -> IdentityProviderRecord? {
    try await database.read(
      in: .organization(organization),
      "SELECT \(Self.columns) FROM identity_provider WHERE organization_id = \(organization)"
    ).first.map(Self.record)
  }

  /// Keeps it as it is until the transaction ends.
  func hold(
    in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> IdentityProviderRecord? {
    try await transaction.query(
      "SELECT \(Self.columns) FROM identity_provider WHERE organization_id = \(organization) FOR SHARE"
    ).first.map(Self.record)
  }

  /// The one that is there now; others who change it wait until the transaction ends, also where there is none yet.
  func lock(
    in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> IdentityProviderRecord? {
    try await transaction.query(
      "SELECT FROM organization WHERE organization_id = \(organization) FOR NO KEY UPDATE")
    return try await transaction.query(
      "SELECT \(Self.columns) FROM identity_provider WHERE organization_id = \(organization) FOR UPDATE"
    ).first.map(Self.record)
  }

  func put(_ record: IdentityProviderRecord, _ transaction: PostgresTransaction) async throws {
    let mapping = record.mapping
    let roles = try mapping.roleMapping.map(WireJSON.text)
    try await transaction.query(
      """
      INSERT INTO identity_provider (organization_id, issuer, client_id, secret_id, scopes, role_claim, role_mapping, \
      groups_claim, link_claim, allowed_domains, created_at, updated_at) \
      VALUES (\(record.organizationId), \(record.issuer), \(record.clientId), \(record.secretId), \(record.scopes), \
      \(mapping.roleClaim), \(roles)::jsonb, \(mapping.groupsClaim), \(mapping.linkClaim), \(mapping.allowedDomains), \
      \(record.createdAt), \(record.updatedAt)) \
      ON CONFLICT (organization_id) DO UPDATE SET issuer = excluded.issuer, client_id = excluded.client_id, \
      secret_id = excluded.secret_id, scopes = excluded.scopes, role_claim = excluded.role_claim, \
      role_mapping = excluded.role_mapping, groups_claim = excluded.groups_claim, link_claim = excluded.link_claim, \
      allowed_domains = excluded.allowed_domains, updated_at = excluded.updated_at
      """)
  }

  func delete(in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query("DELETE FROM identity_provider WHERE organization_id = \(organization)")
  }

  /// Ends what people have by an identity provider alone: no API key vouches for it.
  func endSessions(in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      "DELETE FROM browser_session WHERE organization_id = \(organization) AND api_key_id IS NULL")
    try await transaction.query(
      "DELETE FROM client_authorization WHERE organization_id = \(organization) AND api_key_id IS NULL")
  }

  /// The organizations whose people have addresses of this domain.
  func organizations(withDomain domain: String) async throws -> [OrganizationID] {
    try await database.read(
      in: .emailDomain(domain),
      "SELECT organization_id FROM identity_provider WHERE allowed_domains @> ARRAY[\(domain)::text] LIMIT 2"
    ).map { try $0.id("organization_id") }
  }

  private static func record(_ row: PostgresRow) throws -> IdentityProviderRecord {
    IdentityProviderRecord(
      organizationId: try row.id("organization_id"), issuer: try row.get("issuer"),
      clientId: try row.get("client_id"), secretId: try row.id("secret_id"), scopes: try row.get("scopes"),
      mapping: ClaimMapping(
        roleClaim: try row.get("role_claim"), roleMapping: try row.optionalJSON("role_mapping"),
        groupsClaim: try row.get("groups_claim"), linkClaim: try row.get("link_claim"),
        allowedDomains: try row.get("allowed_domains")),
      createdAt: try row.get("created_at"), updatedAt: try row.get("updated_at"))
  }
}
