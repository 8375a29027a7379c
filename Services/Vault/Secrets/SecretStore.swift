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
  /// Versions kept: the current one, and the one before it, which a provider may still want. A third makes the oldest go.
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

  /// Those that may be used, the newest first. One that has come to its end is not among them, unless there is no newer one.
  func live(
    _ kind: OrganizationSecretKind, of owner: String, in organization: OrganizationID
  ) async throws -> [SealedSecret] {
    try await database.read(
      in: VaultSchema.context(organization.rawValue), Self.selectLive(kind, owner, organization.rawValue)
    ).map(Self.secret)
  }

  func live(
    _ kind: OrganizationSecretKind, of owner: String, in organization: OrganizationID,
    transaction: PostgresTransaction
  ) async throws -> [SealedSecret] {
    try await transaction.query(Self.selectLive(kind, owner, organization.rawValue)).map(Self.secret)
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

  /// - Returns: the versions that had to go.
  func insert(
    _ secret: SealedSecret, _ kind: OrganizationSecretKind, of owner: String, expiresAt: Date?,
    in organization: OrganizationID, transaction: PostgresTransaction
  ) async throws -> [Int64] {
    try await transaction.query(
      """
      INSERT INTO organization_secret (organization_id, kind, owner_id, version, sealed_value, expires_at)
      VALUES (\(organization.rawValue), \(kind.rawValue), \(owner), \(secret.version), \(secret.sealedValue),
        \(expiresAt))
      """)
    return try await transaction.query(
      """
      DELETE FROM organization_secret
      WHERE organization_id = \(organization.rawValue) AND kind = \(kind.rawValue) AND owner_id = \(owner)
        AND version <= \(secret.version - Self.keptVersions) RETURNING version
      """
    ).map { try $0.get("version") }
  }

  /// Every version of a client secret, the newest first, locked until the transaction ends; and the database's clock.
  func lockClientSecrets(
    of owner: String, in organization: OrganizationID, transaction: PostgresTransaction
  ) async throws -> (versions: [SecretRetirement.Facts], now: Date) {
    let rows = try await transaction.query(
      """
      SELECT version, created_at, last_used_at, refused_at IS NOT NULL AS is_refused, expires_at,
        clock_timestamp() AS now
      FROM organization_secret
      WHERE organization_id = \(organization.rawValue) AND kind = 'clientSecret' AND owner_id = \(owner)
      ORDER BY version DESC FOR UPDATE
      """)
    let versions = try rows.map { row in
      SecretRetirement.Facts(
        version: try row.get("version"), createdAt: try row.get("created_at"), lastUsedAt: try row.get("last_used_at"),
        isRefused: try row.get("is_refused"), expiresAt: try row.get("expires_at"))
    }
    return (versions, try rows.first?.get("now") ?? .now)
  }

  func destroy(
    _ version: Int64, _ kind: OrganizationSecretKind, of owner: String, in organization: OrganizationID,
    transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      DELETE FROM organization_secret
      WHERE organization_id = \(organization.rawValue) AND kind = \(kind.rawValue) AND owner_id = \(owner)
        AND version = \(version)
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

  private static func selectLive(_ kind: OrganizationSecretKind, _ owner: String, _ organization: String) -> SQL {
    """
    SELECT s.version, s.sealed_value FROM organization_secret s
    WHERE s.organization_id = \(organization) AND s.kind = \(kind.rawValue) AND s.owner_id = \(owner)
      AND (s.expires_at IS NULL OR s.expires_at > clock_timestamp() OR NOT EXISTS (
        SELECT FROM organization_secret n WHERE n.organization_id = s.organization_id AND n.kind = s.kind
          AND n.owner_id = s.owner_id AND n.version > s.version))
    ORDER BY s.version DESC LIMIT \(keptVersions)
    """
  }

  private static func secret(_ row: PostgresRow) throws -> SealedSecret {
    SealedSecret(version: try row.get("version"), sealedValue: try row.get("sealed_value"))
  }
}
