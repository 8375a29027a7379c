import Model
import PostgreSQL

extension PostgresClient {
  /// Changes records of one organization in one transaction.
  ///
  /// A change that has lost a race (deadlock, serialization failure) is run again, a few times: `body` works on the database alone.
  nonisolated(nonsending) func change<Result>(
    in organization: OrganizationID, _ body: nonisolated(nonsending) (PostgresTransaction) async throws -> Result
  ) async throws -> Result {
    try await retryingTransaction(
      in: VaultSchema.context(organization.rawValue), isolation: .readCommitted, body)
  }
}
