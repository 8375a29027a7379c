import FoundationEssentials
import Model
import PostgreSQL

/// A stored version of a secret of the organization, still sealed.
struct SealedSecret: Sendable {
  var version: Int64
  var sealedValue: [UInt8]
}

/// Secrets of organizations: the newest version is current, the one before it is kept.
struct SecretStore: Sendable {
  /// Versions kept: the current one, and the one that a refresh under way may have begun with.
  static let keptVersions: Int64 = 2

  let database: PostgresClient

  /// The current version.
  func current(
    _ kind: OrganizationSecretKind, of owner: String, in organization: OrganizationID
  ) async throws -> SealedSecret? {
    try await database.read(
      in: VaultSchema.context(organization.rawValue), Self.select(kind, owner, organization.rawValue)
    ).first.map(Self.secret)
  }

  func current(
    _ kind: OrganizationSecretKind, of owner: String, in organization: OrganizationID,
    transaction: PostgresTransaction
  ) async throws -> SealedSecret? {
    try await transaction.query(Self.select(kind, owner, organization.rawValue)).first.map(Self.secret)
  }

  /// The number of the next version. Others who store the same secret wait until the transaction ends.
  func nextVersion(
    _ kind: OrganizationSecretKind, of owner: String, in organization: OrganizationID,
    transaction: PostgresTransaction
  ) async throws -> Int64 {
    let name = "secret|\(organization.rawValue)|\(kind.rawValue)|\(owner)"
    try await transaction.query("SELECT pg_advisory_xact_lock(hashtextextended(\(name)::text, 0))")
    let rows = try await transaction.query(
      """
      SELECT coalesce(max(version), 0) + 1 AS next FROM organization_secret
      WHERE organization_id = \(organization.rawValue) AND kind = \(kind.rawValue) AND owner_id = \(owner)
      """)
    return try rows.first?.get("next") ?? 1
  }

  func insert(
    _ secret: SealedSecret, _ kind: OrganizationSecretKind, of owner: String, expiresAt: Date?,
    in organization: OrganizationID, transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      INSERT INTO organization_secret (organization_id, kind, owner_id, version, sealed_value, expires_at)
      VALUES (\(organization.rawValue), \(kind.rawValue), \(owner), \(secret.version), \(secret.sealedValue),
        \(expiresAt))
      """)
    try await transaction.query(
      """
      DELETE FROM organization_secret
      WHERE organization_id = \(organization.rawValue) AND kind = \(kind.rawValue) AND owner_id = \(owner)
        AND version <= \(secret.version - Self.keptVersions)
      """)
  }

  /// - Returns: how many versions were destroyed.
  func deleteAll(
    _ kind: OrganizationSecretKind, of owner: String, in organization: OrganizationID,
    transaction: PostgresTransaction
  ) async throws -> Int {
    try await transaction.execute(
      """
      DELETE FROM organization_secret
      WHERE organization_id = \(organization.rawValue) AND kind = \(kind.rawValue) AND owner_id = \(owner)
      """)
  }

  private static func select(_ kind: OrganizationSecretKind, _ owner: String, _ organization: String) -> SQL {
    """
    SELECT version, sealed_value FROM organization_secret
    WHERE organization_id = \(organization) AND kind = \(kind.rawValue) AND owner_id = \(owner)
    ORDER BY version DESC LIMIT 1
    """
  }

  private static func secret(_ row: PostgresRow) throws -> SealedSecret {
    SealedSecret(version: try row.get("version"), sealedValue: try row.get("sealed_value"))
  }
}
