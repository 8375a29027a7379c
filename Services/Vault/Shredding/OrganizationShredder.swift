import Audit
package import Logging
package import Model
package import PostgreSQL

/// Destroys an organization's keys for good: nothing that was sealed for it can be opened again, whoever has the rows.
///
/// An operator's work, done as the owner role, after the policy service has let go of the organization. Vaults that hold its key in memory
/// forget it within `OrganizationKeyCache.maximumLifetime`; they seal nothing new under it after ``OrganizationKeys/newestLifetime``.
package struct OrganizationShredder: Sendable {
  /// What still lives at providers, and what shredding would leave there.
  package struct Alive: Codable, Sendable, Equatable {
    /// Connections whose tokens work.
    package var connections: Int64
    /// Revocations that their providers have not been told yet.
    package var revocations: Int64

    package var isNothing: Bool { connections == 0 && revocations == 0 }
  }

  /// Something lives at providers that was not to be left there. Nothing was destroyed.
  package struct StillAlive: Error, Equatable {
    package var alive: Alive
  }

  /// Connections whose tokens may go on working at their providers, which gave no proof of having ended them.
  package struct Unproven: Codable, Sendable, Equatable {
    /// Not revoked when their organization was shredded, this time or before.
    package var leftAlive: Int64 = 0
    /// Revoked without success, for as long as it was tried.
    package var givenUp: Int64 = 0
    /// Their providers have no revocation.
    package var notRevocable: Int64 = 0
    /// Not told to the provider, since others shared the grant, and none of these was revoked later.
    package var sharedGrantKept: Int64 = 0

    package var total: Int64 { leftAlive + givenUp + notRevocable + sharedGrantKept }
  }

  /// What was destroyed.
  package struct Report: Codable, Sendable, Equatable {
    /// Versions of the organization's key. None when that was done before.
    package var keys: Int
    package var alive: Alive
    package var unproven = Unproven()
  }

  let database: PostgresClient
  let audit: AuditWriter
  private let erasure = OrganizationErasure()

  package init(database: PostgresClient, logger: Logger) {
    self.database = database
    audit = AuditWriter(client: database, logger: logger)
  }

  /// Whether this database has, or had, keys of the organization. Otherwise it is likely another installation's.
  package func isKnown(_ organization: OrganizationID) async throws -> Bool {
    let id = organization.rawValue
    let rows = try await database.read(
      in: VaultSchema.context(id),
      """
      SELECT FROM organization_key WHERE organization_id = \(id)
      UNION ALL SELECT FROM shredded_organization WHERE organization_id = \(id) LIMIT 1
      """)
    return !rows.isEmpty
  }

  package func alive(in organization: OrganizationID) async throws -> Alive {
    try Self.alive(
      try await database.read(in: VaultSchema.context(organization.rawValue), Self.countAlive(organization)))
  }

  private static func countAlive(_ organization: OrganizationID) -> SQL {
    """
    SELECT (SELECT count(*) FROM connection WHERE organization_id = \(organization.rawValue)
        AND sealed_tokens IS NOT NULL) AS connections,
      (SELECT count(*) FROM revocation_task WHERE organization_id = \(organization.rawValue)
        AND sealed_tokens IS NOT NULL) AS revocations
    """
  }

  private static func alive(_ rows: [PostgresRow]) throws -> Alive {
    guard let row = rows.first else { throw ServiceError(.internalError, "The Connections could not be counted.") }
    return Alive(connections: try row.get("connections"), revocations: try row.get("revocations"))
  }

  private static func countUnproven(_ organization: OrganizationID) -> SQL {
    """
    SELECT count(*) FILTER (WHERE state = 'pending' OR reason = 'shredded')
        + (SELECT count(*) FROM connection WHERE organization_id = \(organization.rawValue)
          AND (sealed_tokens IS NOT NULL OR reason = 'shredded')) AS left_alive,
      count(*) FILTER (WHERE state = 'failed' AND reason IS DISTINCT FROM 'shredded') AS given_up,
      count(*) FILTER (WHERE state = 'notRevocableAtProvider') AS not_revocable,
      count(*) FILTER (WHERE state = 'sharedGrantKept' AND NOT EXISTS (
        SELECT FROM revocation_task later WHERE later.organization_id = task.organization_id
          AND later.integration_id = task.integration_id AND later.provider_account_id = task.provider_account_id
          AND later.state = 'revoked' AND later.finished_at >= task.finished_at)) AS shared_grant_kept
    FROM revocation_task task WHERE organization_id = \(organization.rawValue)
    """
  }

  private static func unproven(_ rows: [PostgresRow]) throws -> Unproven {
    guard let row = rows.first else { throw ServiceError(.internalError, "The revocations could not be counted.") }
    return Unproven(
      leftAlive: try row.get("left_alive"), givenUp: try row.get("given_up"),
      notRevocable: try row.get("not_revocable"), sharedGrantKept: try row.get("shared_grant_kept"))
  }

  /// Destroys every version of the key, and what was sealed under it as well. Can be done again, and then finds nothing.
  ///
  /// Authorizations are ended before anything is counted: one that is being stored right now is stored and counted, or not stored.
  /// - Parameter leavingAlive: whether what lives at providers may be left there.
  /// - Throws: ``StillAlive``.
  package func shred(_ organization: OrganizationID, leavingAlive: Bool) async throws -> Report {
    let id = organization.rawValue
    return try await database.change(in: organization) { transaction in
      try await transaction.query(
        "SELECT pg_advisory_xact_lock(hashtextextended(\("organization-key|\(id)")::text, 0))")
      try await erasure.endFlows(id, transaction)
      let left = try Self.alive(try await transaction.query(Self.countAlive(organization)))
      guard leavingAlive || left.isNothing else { throw StillAlive(alive: left) }
      try await transaction.query(
        "INSERT INTO shredded_organization (organization_id) VALUES (\(id)) ON CONFLICT DO NOTHING")
      let keys = try await transaction.execute("DELETE FROM organization_key WHERE organization_id = \(id)")
      let unproven = try Self.unproven(try await transaction.query(Self.countUnproven(organization)))
      try await erasure.erase(id, transaction)
      let report = Report(keys: keys, alive: left, unproven: unproven)
      try await audit.append(entry(report, organization), in: transaction)
      try await transaction.publish(.connection, nil, of: organization)
      return report
    }
  }

  private func entry(_ report: Report, _ organization: OrganizationID) -> AuditEntry {
    AuditEntry(
      organizationId: organization, action: VaultAction.organizationKeysShredded.rawValue, actor: .operatorAtWork,
      target: AuditEntry.Target(kind: "organization", id: organization.rawValue),
      details: [
        "keys": String(report.keys), "connections": String(report.alive.connections),
        "revocations": String(report.alive.revocations), "unproven": String(report.unproven.total),
      ])
  }
}
