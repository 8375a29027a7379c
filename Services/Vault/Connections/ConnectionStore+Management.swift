import Model
import PostgreSQL

extension ConnectionStore {
  /// The Connection, locked until the transaction ends.
  func lock(
    _ id: ConnectionID, in organization: OrganizationID, transaction: PostgresTransaction
  ) async throws -> ConnectionRecord? {
    try await transaction.query(
      """
      SELECT \(ConnectionRecord.columns) FROM connection c
      WHERE c.organization_id = \(organization.rawValue) AND c.id = \(id.rawValue) FOR UPDATE
      """
    ).first.map(ConnectionRecord.init)
  }

  /// The one that is taken without asking, among those of the same person, Integration and application scope.
  func makeDefault(_ record: ConnectionRecord, transaction: PostgresTransaction) async throws -> ConnectionRecord {
    let scope = record.connection.scope
    // Two statements: the unique index is checked row by row, so the old default has to go first.
    try await transaction.query(
      """
      UPDATE connection SET is_default = false, updated_at = now()
      WHERE organization_id = \(record.organizationId.rawValue) AND user_id = \(record.connection.userId.rawValue)
        AND application_type = \(scope.applicationType.rawValue) AND application_id = \(scope.applicationId)
        AND app_id = \(scope.appId) AND integration_id = \(record.connection.integrationId.rawValue)
        AND is_default AND status <> 'revoked' AND id <> \(record.id.rawValue)
      """)
    return try await update(record, "is_default = true", transaction)
  }

  /// A person's own change of status: nothing failed, so there is no reason to keep.
  func setStatus(
    _ status: Connection.Status, of record: ConnectionRecord, transaction: PostgresTransaction
  ) async throws -> ConnectionRecord {
    try await update(record, "status = \(status.rawValue), reason = NULL", transaction)
  }

  private func update(
    _ record: ConnectionRecord, _ change: SQL, _ transaction: PostgresTransaction
  ) async throws -> ConnectionRecord {
    let rows = try await transaction.query(
      """
      UPDATE connection AS c SET \(change), updated_at = now()
      WHERE c.organization_id = \(record.organizationId.rawValue) AND c.id = \(record.id.rawValue)
      RETURNING \(ConnectionRecord.columns)
      """)
    guard let row = rows.first else { throw ServiceError.connectionNotFound }
    return try ConnectionRecord(row)
  }
}
