import Model
import PostgreSQL

/// Runs changes: what is stored, its audit rows and its place in the change feed commit together or not at all.
struct Mutations: Sendable {
  let database: PostgresClient
  let audit: PolicyAudit
  let changes: ChangeStore

  /// What a change leaves behind besides its rows.
  struct Trace: Sendable {
    var facts: [AuditFact]
    var notices: [ChangeNotice]

    init(_ facts: [AuditFact], notices: [ChangeNotice] = []) {
      self.facts = facts
      self.notices = notices
    }
  }

  /// Runs a change for a caller. Audit rows and changes come last, in this order, so that their locks are held
  /// shortly and never crosswise.
  func run<Result: Sendable>(
    by origin: AuditOrigin, _ body: (PostgresTransaction) async throws -> (Result, Trace)
  ) async throws -> Result {
    try await database.transaction(in: .organization(origin.organizationId)) { transaction in
      let (result, trace) = try await body(transaction)
      for fact in trace.facts { try await audit.record(fact, by: origin, in: transaction) }
      try await changes.append(trace.notices, of: origin.organizationId, in: transaction)
      return result
    }
  }
}
