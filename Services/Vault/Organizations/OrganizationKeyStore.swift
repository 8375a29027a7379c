import Model
import PostgreSQL
import Sealing

/// Wrapped organization keys.
struct OrganizationKeyStore: Sendable {
  let database: PostgresClient

  /// The newest key of an organization.
  func newest(of organization: String) async throws -> WrappedOrganizationKey? {
    try await database.read(
      in: VaultSchema.context(organization),
      """
      SELECT version, root_key_id, blob FROM organization_key WHERE organization_id = \(organization)
      ORDER BY version DESC LIMIT 1
      """
    ).first.map { try key($0, organization) }
  }

  func find(_ version: UInt32, of organization: String) async throws -> WrappedOrganizationKey? {
    try await database.read(
      in: VaultSchema.context(organization),
      """
      SELECT version, root_key_id, blob FROM organization_key
      WHERE organization_id = \(organization) AND version = \(Int64(version))
      """
    ).first.map { try key($0, organization) }
  }

  /// Whether its keys were destroyed for good.
  func isShredded(_ organization: String) async throws -> Bool {
    try await !database.read(
      in: VaultSchema.context(organization),
      "SELECT FROM shredded_organization WHERE organization_id = \(organization)"
    ).isEmpty
  }

  /// Stores a new version unless somebody else was first.
  func insert(_ key: WrappedOrganizationKey) async throws {
    _ = try await database.write(
      in: VaultSchema.context(key.organizationId),
      """
      INSERT INTO organization_key (organization_id, version, root_key_id, blob)
      VALUES (\(key.organizationId), \(Int64(key.version)), \(key.wrapped.keyId), \(key.wrapped.blob))
      ON CONFLICT (organization_id, version) DO NOTHING
      """)
  }

  private func key(_ row: PostgresRow, _ organization: String) throws -> WrappedOrganizationKey {
    guard let version = UInt32(exactly: try row.get("version", as: Int64.self)) else {
      throw ServiceError(.internalError, "An organization key has a version that is out of range.")
    }
    return WrappedOrganizationKey(
      organizationId: organization, version: version,
      wrapped: WrappedKey(keyId: try row.get("root_key_id"), blob: try row.get("blob")))
  }
}
