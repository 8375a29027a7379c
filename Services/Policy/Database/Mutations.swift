import Model
import PostgreSQL

/// Runs changes: what is stored, the messages about it, its audit rows and its place in the change feed commit together or
/// not at all.
struct Mutations: Sendable {
  let database: PostgresClient
  let audit: PolicyAudit
  let changes: ChangeStore
  private let outbox = NotificationOutbox()

  init(database: PostgresClient, audit: PolicyAudit, changes: ChangeStore) {
    self.database = database
    self.audit = audit
    self.changes = changes
  }

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
  ///
  /// A change that has lost a race (deadlock, serialization failure) is run again, a few times: `body` works on the database alone.
  func run<Result: Sendable>(
    by origin: AuditOrigin, _ body: (PostgresTransaction) async throws -> (Result, Trace)
  ) async throws -> Result {
    try await database.retryingTransaction(
      in: .organization(origin.organizationId), isolation: .readCommitted
    ) { transaction in
      let (result, trace) = try await body(transaction)
      for event in trace.facts.compactMap(NotificationEvent.init) {
        try await outbox.add(event, of: origin.organizationId, in: transaction)
      }
      for fact in trace.facts { try await audit.record(fact, by: origin, in: transaction) }
      try await changes.append(trace.notices, of: origin.organizationId, in: transaction)
      return result
    }
  }
}
