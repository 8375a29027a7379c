public import FoundationEssentials
public import Model
public import PostgreSQL
public import ServiceTokens

/// Removes the oldest entries of chains, so that what is left can still be verified.
///
/// A chain is cut at a place that the service has signed. The cut itself is signed, kept with the checkpoints and recorded in the chain, so that entries
/// that somebody else removed cannot pass for it. Needs the role that owns the tables: the application role removes nothing.
public struct AuditRetention: Sendable {
  /// What was done to one chain.
  public struct Cut: Sendable {
    public var chain: AuditChain
    /// The last entry that was removed; nil when nothing was old enough.
    public var through: Int64?
    public var removed: Int
  }

  /// Why a chain was left whole.
  public enum Refusal: Error, Sendable {
    /// What the verification found. Evidence is not thrown away.
    case notIntact([AuditFinding])
  }

  static let action = "audit.cut"
  /// Entries removed by one statement: keeps locks and the write-ahead log short.
  private static let batchSize = 5_000

  private let client: PostgresClient
  private let service: ServiceName
  private let signer: StatementSigner
  private let file: CheckpointFile
  private let writer: AuditWriter

  /// - Parameters:
  ///   - client: connected as the role that owns the tables.
  ///   - writer: need not run.
  ///   - signer: with the service's own key.
  ///   - file: prepared, beside the checkpoints.
  public init(
    client: PostgresClient, writer: AuditWriter, service: ServiceName, signer: StatementSigner, file: CheckpointFile
  ) {
    self.client = client
    self.service = service
    self.signer = signer
    self.file = file
    self.writer = writer
  }

  /// Removes the entries of a chain up to the last place that was signed before a time.
  ///
  /// Interrupted, it is done by the next call: the signed place stands first, then the removal in pieces.
  ///
  /// - Throws: ``Refusal``, ``CheckpointFileError``, `PostgresError`.
  public func cut(
    _ chain: AuditChain, before: Date, by checkpoints: CheckpointSet, now: Date = Date()
  ) async throws -> Cut {
    let report = try await AuditVerifier(client: client).verify(chain, with: checkpoints)
    guard report.isIntact else { throw Refusal.notIntact(report.findings) }
    var through = report.start
    if let place = checkpoints.records[chain.name]?.position(signedBefore: before), place.sequence > through.sequence {
      try file.append([try Checkpoint(.cut, of: chain, at: place, service: service, now: now, by: signer).line()])
      try await record(place, of: chain, before: before)
      through = place
    }
    let removed = try await remove(chain, through: through)
    let isMoved = through.sequence > report.start.sequence
    return Cut(chain: chain, through: isMoved ? through.sequence : nil, removed: removed)
  }

  private func record(_ place: AuditPosition, of chain: AuditChain, before: Date) async throws {
    let organization: OrganizationID? = if case .organization(let id) = chain { id } else { nil }
    let entry = AuditEntry(
      organizationId: organization, action: Self.action, actor: Actor(kind: .operatorCommand, id: "lanyard"),
      target: .init(kind: "audit", id: chain.name),
      details: ["through": String(place.sequence), "before": WireTime.text(before)])
    try await client.transaction(in: AuditChain.context([chain.name])) { transaction in
      try await transaction.query(
        """
        INSERT INTO audit_start (organization_id, seq, hash) VALUES (\(chain.name), \(place.sequence), \(place.hash))
        ON CONFLICT (organization_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, cut_at = now()
        """)
      try await writer.append(entry, in: transaction)
    }
  }

  private func remove(_ chain: AuditChain, through: AuditPosition) async throws -> Int {
    var removed = 0
    while true {
      let count = try await client.execute(
        in: AuditChain.context([chain.name]),
        """
        DELETE FROM audit_entry WHERE organization_id = \(chain.name) AND seq IN (
          SELECT seq FROM audit_entry WHERE organization_id = \(chain.name) AND seq <= \(through.sequence)
          ORDER BY seq LIMIT \(Self.batchSize))
        """)
      removed += count
      if count < Self.batchSize { return removed }
    }
  }
}
