import Model
import PostgreSQL

/// Grants that are good for one use.
struct UsedGrantStore: Sendable {
  /// Uses the grant up, in the transaction of what it allows.
  ///
  /// - Throws: ``GrantMismatch`` when it was used before.
  func use(_ grant: Grant, in transaction: PostgresTransaction) async throws {
    let organization = grant.organizationId.rawValue
    // An expired grant is refused by its time, so its row has done its work.
    _ = try await transaction.query(
      "DELETE FROM used_grant WHERE organization_id = \(organization) AND expires_at < now() - interval '1 minute'")
    let fresh = try await transaction.query(
      """
      INSERT INTO used_grant (organization_id, grant_id, expires_at)
      VALUES (\(organization), \(grant.id.rawValue), \(grant.expiresAt)) ON CONFLICT DO NOTHING RETURNING grant_id
      """)
    guard !fresh.isEmpty else { throw GrantMismatch(reason: .alreadyUsed, grant: grant) }
  }
}
