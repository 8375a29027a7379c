import FoundationEssentials
import Model
import PostgreSQL

/// The statements over the audit tables.
enum AuditStore {
  /// Makes sure that every chain has a head. The names are inserted in one order by everyone, so that two writers
  /// that start the same chains wait for each other instead of deadlocking.
  static func createHeads(_ chains: [String], in transaction: PostgresTransaction) async throws {
    _ = try await transaction.query(
      """
      INSERT INTO audit_head (organization_id, seq, hash)
      SELECT name, 0, \(AuditPosition.beginning.hash) FROM unnest(\(chains)::text[]) AS name ORDER BY name
      ON CONFLICT (organization_id) DO NOTHING
      """)
  }

  /// Appends rows to their chains in the order given and moves the heads. All heads must exist.
  ///
  /// The heads are locked in one order by everyone; whoever comes second continues where the first one ended.
  static func append(_ rows: [AuditRow], in transaction: PostgresTransaction) async throws {
    let chains = Array(Set(rows.map(\.chain)))
    let heads = try await lockHeads(chains, in: transaction)
    guard heads.count == chains.count else { throw AuditStoreError.missingHead }
    var positions = heads
    var placed: [(row: AuditRow, position: AuditPosition)] = []
    placed.reserveCapacity(rows.count)
    for row in rows {
      let last = positions[row.chain] ?? .beginning
      let sequence = last.sequence + 1
      let hash = AuditHash.next(after: last.hash, sequence: sequence, row: row)
      let position = AuditPosition(sequence: sequence, hash: hash)
      positions[row.chain] = position
      placed.append((row, position))
    }
    let moved = try await insert(placed, moving: heads, to: positions, in: transaction)
    guard moved == chains.count else { throw AuditStoreError.missingHead }
  }

  private static func lockHeads(
    _ chains: [String], in transaction: PostgresTransaction
  ) async throws -> [String: AuditPosition] {
    let rows = try await transaction.query(
      """
      SELECT organization_id, seq, hash FROM audit_head WHERE organization_id = ANY (\(chains)::text[])
      ORDER BY organization_id FOR UPDATE
      """)
    var heads: [String: AuditPosition] = [:]
    for row in rows {
      heads[try row.get("organization_id")] = AuditPosition(sequence: try row.get("seq"), hash: try row.get("hash"))
    }
    return heads
  }

  /// Inserts entries and moves heads in one statement. Returns the number of heads that moved.
  private static func insert(
    _ placed: [(row: AuditRow, position: AuditPosition)], moving heads: [String: AuditPosition],
    to positions: [String: AuditPosition], in transaction: PostgresTransaction
  ) async throws -> Int {
    let rows = placed.map(\.row)
    let names = Array(positions.keys)
    let details = try rows.map { String(decoding: try WireJSON.encode($0.details), as: UTF8.self) }
    // Times travel as whole microseconds: floating point would change some of them on the way.
    let moved = try await transaction.query(
      """
      WITH added AS (
        INSERT INTO audit_entry (organization_id, seq, id, occurred_at, action, actor_kind, actor_id, user_id,
          application_id, app_id, charm_id, caller, target_kind, target_id, outcome, grant_id, request_id, details,
          hash)
        SELECT organization_id, seq, id, timestamptz 'epoch' + occurred * interval '1 microsecond', action, actor_kind,
          actor_id, user_id, application_id, app_id, charm_id, caller, target_kind, target_id, outcome, grant_id,
          request_id, details::jsonb, hash
        FROM unnest(\(rows.map(\.chain))::text[], \(placed.map(\.position.sequence))::bigint[],
          \(rows.map(\.id))::text[], \(rows.map(\.occurredMicroseconds))::bigint[], \(rows.map(\.action))::text[],
          \(rows.map(\.actorKind))::text[], \(rows.map(\.actorId))::text[], \(rows.map(\.userId))::text[],
          \(rows.map(\.applicationId))::text[], \(rows.map(\.appId))::text[], \(rows.map(\.charmId))::text[],
          \(rows.map(\.caller))::text[], \(rows.map(\.targetKind))::text[], \(rows.map(\.targetId))::text[],
          \(rows.map(\.outcome))::text[], \(rows.map(\.grantId))::text[], \(rows.map(\.requestId))::text[],
          \(details)::text[], \(placed.map(\.position.hash))::bytea[])
          AS entry (organization_id, seq, id, occurred, action, actor_kind, actor_id, user_id, application_id, app_id,
            charm_id, caller, target_kind, target_id, outcome, grant_id, request_id, details, hash)
      )
      UPDATE audit_head SET seq = moved.seq, hash = moved.hash
      FROM unnest(\(names)::text[], \(names.map { heads[$0]?.sequence ?? 0 })::bigint[],
        \(names.map { positions[$0]?.sequence ?? 0 })::bigint[], \(names.map { positions[$0]?.hash ?? [] })::bytea[])
        AS moved (organization_id, previous, seq, hash)
      WHERE audit_head.organization_id = moved.organization_id AND audit_head.seq = moved.previous
      RETURNING audit_head.organization_id
      """)
    return moved.count
  }

  /// The head of a chain, or nil when there is none.
  static func head(of chain: String, in transaction: PostgresTransaction) async throws -> AuditPosition? {
    let rows = try await transaction.query("SELECT seq, hash FROM audit_head WHERE organization_id = \(chain)")
    return try rows.first.map { AuditPosition(sequence: try $0.get("seq"), hash: try $0.get("hash")) }
  }

  /// The heads of the chains that exist, in no order. At most a few hundred names at once: they travel in a setting.
  static func heads(of chains: [String], client: PostgresClient) async throws -> [AuditHead] {
    try await client.read(
      in: AuditChain.context(chains),
      "SELECT organization_id, seq, hash FROM audit_head WHERE organization_id = ANY (\(chains)::text[])"
    ).map(head)
  }

  /// The heads of every chain, ordered by name, for signing them.
  static func heads(after name: String, limit: Int, client: PostgresClient) async throws -> [AuditHead] {
    try await client.read(
      in: SessionContext(setting: "lanyard.worker", value: "audit-checkpoints"),
      """
      SELECT organization_id, seq, hash FROM audit_head WHERE organization_id > \(name)
      ORDER BY organization_id LIMIT \(limit)
      """
    ).map(head)
  }

  private static func head(_ row: PostgresRow) throws -> AuditHead {
    AuditHead(
      chain: AuditChain(name: try row.get("organization_id")),
      position: AuditPosition(sequence: try row.get("seq"), hash: try row.get("hash")))
  }

  /// Where the entries of a chain begin when older ones were cut.
  static func start(of chain: String, in transaction: PostgresTransaction) async throws -> AuditPosition? {
    let rows = try await transaction.query("SELECT seq, hash FROM audit_start WHERE organization_id = \(chain)")
    return try rows.first.map { AuditPosition(sequence: try $0.get("seq"), hash: try $0.get("hash")) }
  }

  /// Every name that a row of the three tables carries, for the role that owns them.
  ///
  /// Names are found by jumping from one to the next in the primary keys: the cost grows with the chains, not with the entries.
  static func allChains(client: PostgresClient) async throws -> [AuditChain] {
    let rows = try await client.read(
      """
      WITH RECURSIVE named AS (
        (SELECT organization_id FROM audit_entry ORDER BY organization_id LIMIT 1)
        UNION ALL
        SELECT (SELECT e.organization_id FROM audit_entry e WHERE e.organization_id > named.organization_id
          ORDER BY e.organization_id LIMIT 1)
        FROM named WHERE named.organization_id IS NOT NULL
      )
      SELECT organization_id FROM named WHERE organization_id IS NOT NULL
      UNION SELECT organization_id FROM audit_head
      UNION SELECT organization_id FROM audit_start
      ORDER BY organization_id
      """)
    return try rows.map { AuditChain(name: try $0.get("organization_id")) }
  }

  /// Whether the role owns the entries, and so sees every chain.
  static func seesEverything(client: PostgresClient) async throws -> Bool {
    let rows = try await client.read(
      "SELECT pg_has_role(session_user, relowner, 'MEMBER') AS owns FROM pg_class WHERE oid = 'audit_entry'::regclass")
    return try rows.first?.get("owns", as: Bool.self) ?? false
  }

  /// The next entries of a chain in the order of their numbers.
  static func page(
    of chain: String, after sequence: Int64, limit: Int, in transaction: PostgresTransaction
  ) async throws -> [(row: AuditRow, position: AuditPosition)] {
    let rows = try await transaction.query(
      """
      SELECT seq, id, action, actor_kind, actor_id, user_id, application_id, app_id, charm_id, caller, target_kind,
        target_id, outcome, grant_id, request_id, details::text AS details, hash,
        CASE WHEN isfinite(occurred_at) THEN (extract(epoch FROM occurred_at) * 1000000)::bigint END AS occurred
      FROM audit_entry WHERE organization_id = \(chain) AND seq > \(sequence) ORDER BY seq LIMIT \(limit)
      """)
    return try rows.map { row in
      let position = AuditPosition(sequence: try row.get("seq"), hash: try row.get("hash"))
      return (try AuditRow(row, chain: chain), position)
    }
  }
}

/// A chain has no head, or the head is not where its entries end.
enum AuditStoreError: Error {
  case missingHead
}

extension AuditRow {
  init(_ row: PostgresRow, chain: String) throws {
    self.chain = chain
    id = try row.get("id")
    // Infinite times are not ours either.
    occurredMicroseconds = try row.get("occurred", as: Int64?.self) ?? .min
    action = try row.get("action")
    actorKind = try row.get("actor_kind")
    actorId = try row.get("actor_id")
    userId = try row.get("user_id")
    applicationId = try row.get("application_id")
    appId = try row.get("app_id")
    charmId = try row.get("charm_id")
    caller = try row.get("caller")
    targetKind = try row.get("target_kind")
    targetId = try row.get("target_id")
    outcome = try row.get("outcome")
    grantId = try row.get("grant_id")
    requestId = try row.get("request_id")
    // Anything else than an object of texts was not written by us; whatever stands here then, the hash fails.
    let text = try row.get("details", as: String.self)
    details = (try? WireJSON.decode([String: String].self, from: Data(text.utf8))) ?? ["": text]
  }
}
