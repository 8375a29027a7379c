public import PostgreSQL

/// Reads a chain from end to end and reports edits, gaps, moved entries and a wrong head.
///
/// What it cannot see from inside the database: someone who may write the tables directly can compute a whole chain
/// anew, or cut its end and set the head back. Positions that were kept elsewhere (`trusting`) find both.
public struct AuditVerifier: Sendable {
  /// Entries read at a time: bounds memory, whatever the chain's length.
  private static let pageSize = 1_000

  private let client: PostgresClient

  public init(client: PostgresClient) { self.client = client }

  /// Checks one chain in one snapshot of the database; entries may be added meanwhile.
  ///
  /// - Parameters:
  ///   - start: Where to begin, for a chain whose older entries were checked or archived.
  ///   - trusted: Positions recorded outside the database; the chain must contain them.
  /// - Throws: `PostgresError`.
  public func verify(
    _ chain: AuditChain, after start: AuditPosition = .beginning, trusting trusted: [AuditPosition] = []
  ) async throws -> AuditReport {
    try await client.transaction(in: AuditChain.context([chain.name]), isolation: .repeatableRead) { transaction in
      var check = ChainCheck(after: start, trusting: trusted)
      let head = try await AuditStore.head(of: chain.name, in: transaction)
      while true {
        let page = try await AuditStore.page(
          of: chain.name, after: check.last.sequence, limit: Self.pageSize, in: transaction)
        for (row, position) in page { check.take(row, at: position) }
        if page.count < Self.pageSize { break }
      }
      let findings = check.finish(head: head)
      return AuditReport(chain: chain, entries: check.entries, last: check.last, findings: findings)
    }
  }
}
