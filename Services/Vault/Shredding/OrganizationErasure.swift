import Model
import PostgreSQL

/// Takes away what an organization's keys sealed, and every work that would need them: without this, vaults and exchangers would try for ever.
struct OrganizationErasure: Sendable {
  /// Ends authorizations under way, so that what a provider still answers is not stored: the exchanger revokes it. One that is being stored
  /// right now is waited for.
  func endFlows(_ organization: String, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      UPDATE flow SET status = 'failed', failure_code = \(ErrorCode.flowExpired.rawValue),
        failure_message = 'The organization is gone.', sealed_transaction = NULL, ended_at = clock_timestamp()
      WHERE organization_id = \(organization) AND status = 'pending'
      """)
  }

  /// What is left says what was here, without a token: Connections count as revoked, authorizations and revocations as failed.
  func erase(_ organization: String, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      UPDATE connection SET status = 'revoked', reason = 'shredded', sealed_tokens = NULL, is_default = false,
        updated_at = clock_timestamp()
      WHERE organization_id = \(organization) AND sealed_tokens IS NOT NULL
      """)
    try await transaction.query(
      """
      UPDATE revocation_task SET state = 'failed', reason = 'shredded', sealed_tokens = NULL,
        finished_at = clock_timestamp()
      WHERE organization_id = \(organization) AND sealed_tokens IS NOT NULL
      """)
    try await transaction.query("DELETE FROM organization_secret WHERE organization_id = \(organization)")
    try await transaction.query("DELETE FROM integration_incident WHERE organization_id = \(organization)")
    try await transaction.query("DELETE FROM key_rotation WHERE organization_id = \(organization)")
    try await transaction.query("DELETE FROM due_refresh WHERE organization_id = \(organization)")
    try await transaction.query(
      """
      DELETE FROM due_work WHERE organization_id = \(organization)
        AND kind NOT IN (\(DueWork.flowExpiry.rawValue), \(DueWork.flowRemoval.rawValue))
      """)
    // Nobody is told any more.
    try await transaction.query("DELETE FROM event WHERE organization_id = \(organization)")
  }
}
