package import FoundationEssentials
package import Model
package import PostgreSQL
import Sealing

/// Begins rotations of organizations' keys, and tells how they stand. An operator's work, done as the owner role; the vaults carry it out.
package struct KeyRotationOrder: Sendable {
  /// How a rotation stands.
  package struct Progress: Codable, Sendable, Equatable {
    package var organizationId: OrganizationID
    package var targetVersion: Int64
    package var state: String
    package var pass: Int
    package var total: Int64
    package var rewritten: Int64
    package var unreadable: Int64
    package var startedAt: Date
    package var finishedAt: Date?
  }

  private let database: PostgresClient

  package init(database: PostgresClient) { self.database = database }

  /// Makes the organization's next key and puts the rotation down. While one runs, it is the answer and nothing new begins.
  ///
  /// - Throws: `not_found` for an organization without a key, `sealed` for a keyring that the database was not written with,
  ///   ``KeyringError``.
  package func begin(_ organization: OrganizationID, keyringFile: String) async throws -> Progress {
    let management = try await CheckedKeyring.load(keyringFile, for: database)
    let id = organization.rawValue
    return try await database.transaction(in: VaultSchema.context(id)) { transaction in
      let name = "key-rotation|\(id)"
      try await transaction.query("SELECT pg_advisory_xact_lock(hashtextextended(\(name)::text, 0))")
      if let running = try await find(organization, transaction), running.state == "running" { return running }
      let newest = try await transaction.query(
        "SELECT max(version) AS newest FROM organization_key WHERE organization_id = \(id)")
      guard let current = try newest.first?.get("newest", as: Int64?.self), let target = UInt32(exactly: current + 1)
      else {
        throw ServiceError(.notFound, "The vault has no key of organization \(id): nothing is stored for it yet.")
      }
      let made = try await OrganizationKey.make(organizationId: id, version: target, using: management).wrapped
      try await transaction.query(
        """
        INSERT INTO organization_key (organization_id, version, root_key_id, blob)
        VALUES (\(id), \(Int64(target)), \(made.wrapped.keyId), \(made.wrapped.blob))
        """)
      var total: Int64 = 0
      for column in SealedColumn.allCases {
        total += try await column.count(otherThan: target, in: id, transaction: transaction)
      }
      try await insert(id, target, total, transaction)
      try await DueWork.keyRotation.schedule(id, of: id, at: .now, transaction: transaction)
      guard let begun = try await find(organization, transaction) else {
        throw ServiceError(.internalError, "The rotation could not be stored.")
      }
      return begun
    }
  }

  /// Every rotation that ever ran, the latest of each organization, newest first.
  package func all() async throws -> [Progress] {
    try await database.read("SELECT \(Self.columns) FROM key_rotation ORDER BY started_at DESC, organization_id")
      .map(Self.progress)
  }

  private func insert(
    _ organization: String, _ target: UInt32, _ total: Int64, _ transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      INSERT INTO key_rotation (organization_id, target_version, state, kind, total)
      VALUES (\(organization), \(Int64(target)), 'running', \(SealedColumn.secrets.rawValue), \(total))
      ON CONFLICT (organization_id) DO UPDATE SET target_version = excluded.target_version, state = excluded.state,
        kind = excluded.kind, after_key = '', pass = 1, total = excluded.total, rewritten = 0, unreadable = 0,
        started_at = now(), updated_at = now(), finished_at = NULL
      """)
  }

  private func find(_ organization: OrganizationID, _ transaction: PostgresTransaction) async throws -> Progress? {
    try await transaction.query(
      "SELECT \(Self.columns) FROM key_rotation WHERE organization_id = \(organization.rawValue)"
    ).first.map(Self.progress)
  }

  private static let columns: SQL =
    "organization_id, target_version, state, pass, total, rewritten, unreadable, started_at, finished_at"

  private static func progress(_ row: PostgresRow) throws -> Progress {
    Progress(
      organizationId: OrganizationID(rawValue: try row.get("organization_id")),
      targetVersion: try row.get("target_version"), state: try row.get("state"), pass: try row.get("pass"),
      total: try row.get("total"), rewritten: try row.get("rewritten"), unreadable: try row.get("unreadable"),
      startedAt: try row.get("started_at"), finishedAt: try row.get("finished_at"))
  }
}
