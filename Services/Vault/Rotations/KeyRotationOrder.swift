import Audit
import FoundationEssentials
package import Logging
package import Model
package import PostgreSQL
import Sealing

/// Begins rotations of organizations' keys. The vaults carry them out.
///
/// An owner has it done over the public API, by a vault's own role; an operator at the command line, as the owner role of the database.
package struct KeyRotationOrder: Sendable {
  /// Of beginning one: each but the last has lost to another rotation that began and ended between two looks.
  private static let attempts = 3

  private let database: PostgresClient
  private let audit: AuditWriter

  package init(database: PostgresClient, logger: Logger) {
    self.init(database: database, audit: AuditWriter(client: database, logger: logger))
  }

  init(database: PostgresClient, audit: AuditWriter) {
    self.database = database
    self.audit = audit
  }

  /// The operator's way.
  ///
  /// - Throws: What ``begin(_:using:entry:)`` throws, `sealed` for root keys that the database was not written with, ``KeyringError``.
  package func begin(
    _ organization: OrganizationID, using source: KeyManagementSource
  ) async throws -> KeyRotationProgress {
    let management = try await CheckedRootKeys.open(source, for: database)
    return try await begin(organization, using: management) { begun in
      AuditEntry(
        organizationId: organization, action: VaultAction.organizationKeyRotationBegun.rawValue, actor: .operatorAtWork,
        target: .organizationKey(version: UInt32(clamping: begun.targetVersion)), details: ["rotationId": begun.id])
    }
  }

  /// Makes the organization's next key and puts the rotation down. While one runs, it is the answer and nothing new begins.
  ///
  /// - Parameter entry: Goes into the organization's audit chain with a rotation that begins.
  /// - Throws: `not_found` for an organization without a key.
  func begin(
    _ organization: OrganizationID, using management: any KeyManagement,
    entry: @Sendable (KeyRotationProgress) -> AuditEntry
  ) async throws -> KeyRotationProgress {
    for _ in 0..<Self.attempts {
      let running = try await database.read(
        in: VaultSchema.context(organization.rawValue), Self.rotation(of: organization))
      if let running = try running.first.map(KeyRotationProgress.init), running.state == "running" { return running }
      let target = try await nextVersion(of: organization.rawValue)
      // Outside of the transaction: whoever wraps it may be far away.
      let key = try await OrganizationKey.make(
        organizationId: organization.rawValue, version: target, using: management
      ).wrapped
      if let rotation = try await begin(organization, with: key, entry: entry) { return rotation }
    }
    throw ServiceError(.unavailable, "The organization's key was changed meanwhile. Try again.")
  }

  /// - Returns: the rotation that begins or runs; nil when the key is no longer the next one.
  private func begin(
    _ organization: OrganizationID, with key: WrappedOrganizationKey,
    entry: @Sendable (KeyRotationProgress) -> AuditEntry
  ) async throws -> KeyRotationProgress? {
    let (id, target) = (organization.rawValue, key.version)
    return try await database.transaction(in: VaultSchema.context(id)) { transaction in
      let name = "key-rotation|\(id)"
      try await transaction.query("SELECT pg_advisory_xact_lock(hashtextextended(\(name)::text, 0))")
      if let running = try await find(organization, transaction), running.state == "running" { return running }
      guard try Self.version(try await transaction.query(Self.newest(id)), of: id) == target else { return nil }
      try await add(key, transaction)
      var total: Int64 = 0
      for column in SealedColumn.allCases {
        total += try await column.count(otherThan: target, in: id, transaction: transaction)
      }
      try await keepEnded(id, transaction)
      try await insert(id, target, total, transaction)
      try await DueWork.keyRotation.schedule(id, of: id, at: .now, transaction: transaction)
      guard let begun = try await find(organization, transaction) else {
        throw ServiceError(.internalError, "The rotation could not be stored.")
      }
      try await audit.append(entry(begun), in: transaction)
      return begun
    }
  }

  private func nextVersion(of organization: String) async throws -> UInt32 {
    try Self.version(
      try await database.read(in: VaultSchema.context(organization), Self.newest(organization)), of: organization)
  }

  private static func newest(_ organization: String) -> SQL {
    "SELECT max(version) AS newest FROM organization_key WHERE organization_id = \(organization)"
  }

  /// - Returns: the version after the newest one.
  private static func version(_ rows: [PostgresRow], of organization: String) throws -> UInt32 {
    guard let current = try rows.first?.get("newest", as: Int64?.self), let next = UInt32(exactly: current + 1) else {
      throw ServiceError(
        .notFound, "The vault has no key of organization \(organization): nothing is stored for it yet.")
    }
    return next
  }

  private func add(_ key: WrappedOrganizationKey, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      INSERT INTO organization_key (organization_id, version, root_key_id, blob)
      VALUES (\(key.organizationId), \(Int64(key.version)), \(key.wrapped.keyId), \(key.wrapped.blob))
      """)
  }

  /// The rotation before this one stays known by its id.
  private func keepEnded(_ organization: String, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      INSERT INTO key_rotation_ended
        (organization_id, id, target_version, pass, total, rewritten, unreadable, started_at, finished_at)
      SELECT organization_id, id, target_version, pass, total, rewritten, unreadable, started_at, finished_at
      FROM key_rotation WHERE organization_id = \(organization) AND state = 'finished'
      """)
  }

  private func insert(
    _ organization: String, _ target: UInt32, _ total: Int64, _ transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      INSERT INTO key_rotation (organization_id, id, target_version, state, kind, total)
      VALUES (\(organization), \(KeyRotationID.random().rawValue), \(Int64(target)), 'running',
        \(SealedColumn.secrets.rawValue), \(total))
      ON CONFLICT (organization_id) DO UPDATE SET id = excluded.id, target_version = excluded.target_version,
        state = excluded.state, kind = excluded.kind, after_key = '', pass = 1, total = excluded.total, rewritten = 0,
        unreadable = 0, started_at = now(), updated_at = now(), finished_at = NULL
      """)
  }

  private func find(
    _ organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> KeyRotationProgress? {
    try await transaction.query(Self.rotation(of: organization)).first.map(KeyRotationProgress.init)
  }

  private static func rotation(of organization: OrganizationID) -> SQL {
    "SELECT \(KeyRotationProgress.columns) FROM key_rotation WHERE organization_id = \(organization.rawValue)"
  }
}
