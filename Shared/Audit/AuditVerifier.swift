public import PostgreSQL

/// Reads chains from end to end and reports edits, gaps, moved entries and a wrong head.
///
/// What it cannot see from inside the database: someone who may write the tables directly can compute a whole chain
/// anew, or cut its end and set the head back. Checkpoints, which were signed and kept elsewhere, find both, up to the last one.
public struct AuditVerifier: Sendable {
  /// Entries read at a time: bounds memory, whatever the chain's length.
  private static let pageSize = 1_000

  private let client: PostgresClient

  public init(client: PostgresClient) { self.client = client }

  /// The chains to check: what the tables name, and what checkpoints have seen.
  ///
  /// - Throws: `PostgresError`; ``AuditError/notOwner`` for a role that row-level security shows a part only.
  public func chains(besides checkpoints: CheckpointSet? = nil) async throws -> [AuditChain] {
    guard try await AuditStore.seesEverything(client: client) else { throw AuditError.notOwner }
    let stored = Set(try await AuditStore.allChains(client: client).map(\.name))
    return stored.union(checkpoints?.records.keys.map { $0 } ?? []).sorted().map { AuditChain(name: $0) }
  }

  /// Checks one chain in one snapshot of the database; entries may be added meanwhile.
  ///
  /// - Parameter checkpoints: What was signed outside the database; the chain must agree with it.
  /// - Throws: `PostgresError`.
  public func verify(_ chain: AuditChain, with checkpoints: CheckpointSet) async throws -> AuditReport {
    let record = checkpoints.records[chain.name] ?? CheckpointSet.Record()
    return try await verify(chain, trusting: record.positions, startingAtOneOf: record.cuts)
  }

  /// Checks one chain in one snapshot of the database.
  ///
  /// - Parameters:
  ///   - trusted: Positions recorded outside the database; the chain must contain them.
  ///   - cuts: Where the chain may begin when older entries were removed; nil when nothing is known about that.
  /// - Throws: `PostgresError`.
  public func verify(
    _ chain: AuditChain, trusting trusted: [AuditPosition] = [], startingAtOneOf cuts: [AuditPosition]? = nil
  ) async throws -> AuditReport {
    try await client.transaction(in: AuditChain.context([chain.name]), isolation: .repeatableRead) { transaction in
      let start = try await AuditStore.start(of: chain.name, in: transaction) ?? .beginning
      var check = ChainCheck(after: start, trusting: trusted)
      if let cuts, start != .beginning, !cuts.contains(start) { check.add(.unsignedStart(sequence: start.sequence)) }
      let head = try await AuditStore.head(of: chain.name, in: transaction)
      while true {
        let page = try await AuditStore.page(
          of: chain.name, after: check.last.sequence, limit: Self.pageSize, in: transaction)
        for (row, position) in page { check.take(row, at: position) }
        if page.count < Self.pageSize { break }
      }
      let findings = check.finish(head: head)
      return AuditReport(
        chain: chain, start: start, entries: check.entries, comparisons: check.comparisons, last: check.last,
        findings: findings)
    }
  }
}
