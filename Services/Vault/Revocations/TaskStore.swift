import FoundationEssentials
import Model
import PostgreSQL

/// A revocation task that is claimed, with its tokens still sealed.
struct ClaimedTask: Sendable {
  var connectionId: ConnectionID
  /// Whose Connection it was.
  var userId: UserID?
  var integrationId: IntegrationID
  var providerAccountId: String
  var sealedTokens: [UInt8]
  var tokenGeneration: Int64
  var metadataText: String
  var fence: Int64
  var attempts: Int
}

/// The work of telling providers.
struct TaskStore: Sendable {
  /// A claim is given to somebody else after this: longer than the exchanger's deadline for a revocation.
  static let claimSeconds = 60.0

  /// Whose Connection a task is about, for the audit trail.
  private static let person: SQL = """
    (SELECT c.user_id FROM connection c WHERE c.organization_id = revocation_task.organization_id
      AND c.id = revocation_task.connection_id) AS user_id
    """

  /// Takes a due task, unless somebody else was first.
  func claim(_ item: DueWork.Item, transaction: PostgresTransaction) async throws -> ClaimedTask? {
    guard try await isStillAlone(item, transaction) else { return nil }
    let row = try await transaction.query(
      """
      UPDATE revocation_task SET fence = nextval('fence'), attempts = attempts + 1,
        due_at = clock_timestamp() + make_interval(secs => \(Self.claimSeconds))
      WHERE organization_id = \(item.organization) AND connection_id = \(item.recordId) AND state = 'pending'
        AND due_at <= clock_timestamp()
      RETURNING connection_id, integration_id, provider_account_id, sealed_tokens, token_generation, metadata, fence, attempts, due_at,
        \(Self.person)
      """
    ).first
    guard let row else { return nil }
    try await DueWork.revocation.schedule(
      item.recordId, of: item.organization, at: try row.get("due_at"), transaction: transaction)
    return ClaimedTask(
      connectionId: ConnectionID(rawValue: try row.get("connection_id")), userId: try Self.person(row),
      integrationId: IntegrationID(rawValue: try row.get("integration_id")),
      providerAccountId: try row.get("provider_account_id"),
      sealedTokens: try row.get("sealed_tokens"), tokenGeneration: try row.get("token_generation"),
      metadataText: try row.get("metadata"), fence: try row.get("fence"), attempts: try row.get("attempts"))
  }

  /// Ends a task whose provider grant came back to life meanwhile: the person has connected the same account again, and revoking
  /// the old tokens would end the new ones at providers where all tokens of an account share one grant.
  private func isStillAlone(_ item: DueWork.Item, _ transaction: PostgresTransaction) async throws -> Bool {
    let kept = try await transaction.execute(
      """
      UPDATE revocation_task AS t SET state = 'sharedGrantKept', sealed_tokens = NULL, finished_at = clock_timestamp()
      WHERE t.organization_id = \(item.organization) AND t.connection_id = \(item.recordId) AND t.state = 'pending'
        AND EXISTS (
          SELECT FROM connection c WHERE c.organization_id = t.organization_id AND c.status <> 'revoked'
            AND c.integration_id = t.integration_id AND c.provider_account_id = t.provider_account_id)
      """)
    guard kept == 1 else { return true }
    try await DueWork.revocation.cancel(item.recordId, of: item.organization, transaction: transaction)
    return false
  }

  /// The task of a claim, locked; nil when the claim is no longer the caller's.
  func lock(
    _ report: ReportRevocation, transaction: PostgresTransaction
  ) async throws -> (attempts: Int, ageSeconds: Double, person: UserID?)? {
    try await transaction.query(
      """
      SELECT attempts, extract(epoch FROM clock_timestamp() - created_at)::double precision AS age, \(Self.person)
      FROM revocation_task
      WHERE organization_id = \(report.organizationId.rawValue) AND connection_id = \(report.connectionId.rawValue)
        AND fence = \(report.fence) AND state = 'pending' FOR UPDATE
      """
    ).first.map { (try $0.get("attempts"), try $0.get("age"), try Self.person($0)) }
  }

  private static func person(_ row: PostgresRow) throws -> UserID? {
    try row.get("user_id", as: String?.self).map(UserID.init(rawValue:))
  }

  /// Ends the task and erases its tokens.
  func finish(
    _ report: ReportRevocation, as state: RevocationReport.State, transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      UPDATE revocation_task SET state = \(state.rawValue), reason = \(report.reason), sealed_tokens = NULL,
        finished_at = clock_timestamp()
      WHERE organization_id = \(report.organizationId.rawValue) AND connection_id = \(report.connectionId.rawValue)
      """)
    try await DueWork.revocation.cancel(
      report.connectionId.rawValue, of: report.organizationId.rawValue, transaction: transaction)
  }

  /// Moves a task that could not even be claimed out of the way of the others.
  func putOff(_ item: DueWork.Item, transaction: PostgresTransaction) async throws {
    let rows = try await transaction.query(
      """
      UPDATE revocation_task SET due_at = clock_timestamp() + make_interval(secs => \(Self.claimSeconds))
      WHERE organization_id = \(item.organization) AND connection_id = \(item.recordId) AND state = 'pending'
      RETURNING due_at
      """)
    guard let row = rows.first else {
      return try await DueWork.revocation.cancel(item.recordId, of: item.organization, transaction: transaction)
    }
    try await DueWork.revocation.schedule(
      item.recordId, of: item.organization, at: try row.get("due_at"), transaction: transaction)
  }

  /// Puts the task back for later.
  func postpone(
    _ report: ReportRevocation, seconds: Double, transaction: PostgresTransaction
  ) async throws {
    let rows = try await transaction.query(
      """
      UPDATE revocation_task SET reason = \(report.reason),
        due_at = clock_timestamp() + make_interval(secs => \(seconds))
      WHERE organization_id = \(report.organizationId.rawValue) AND connection_id = \(report.connectionId.rawValue)
      RETURNING due_at
      """)
    guard let row = rows.first else { return }
    try await DueWork.revocation.schedule(
      report.connectionId.rawValue, of: report.organizationId.rawValue, at: try row.get("due_at"),
      transaction: transaction)
  }
}
