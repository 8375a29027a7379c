import FoundationEssentials
import Model
import PostgreSQL

/// The rows of calls with an `Idempotency-Key`.
struct IdempotencyStore: Sendable {
  /// Seconds for which a call that was done is remembered: a day, so that a client that was down over night can still repeat.
  static let answerSeconds = 86_400
  /// Seconds after which a claim that says nothing is taken for lost, together with the gateway that made it. The longest
  /// public call, a resolve that refreshes, waits for its neighbours 10 + 35 + 40 + 35 + 10 = 130 seconds if each takes all
  /// of its time, and at most 20 to say how it ended.
  static let claimSeconds = 180
  /// Rows that the sweeper removes at once, so that cleaning never becomes a long statement.
  static let sweepSize = 1_000

  /// What the gateway calls a key, within one organization.
  struct Key: Sendable, Hashable {
    var organizationId: OrganizationID
    /// 32 bytes.
    var hash: [UInt8]
  }

  /// A call that stands in the way of a claim.
  struct Record: Sendable, Hashable {
    enum State: String, Sendable { case running, answered, unkept }

    var requestHash: [UInt8]
    var state: State
    var sealedAnswer: [UInt8]?
  }

  let database: PostgresClient

  /// Takes a key that nobody has, or whose time is over. One statement: of any number of callers exactly one gets it.
  ///
  /// - Returns: false when somebody else has it.
  func claim(_ key: Key, requestHash: [UInt8], as claim: IdempotencyClaimID) async throws -> Bool {
    let rows = try await database.write(
      in: .organization(key.organizationId),
      """
      INSERT INTO idempotent_call AS held (organization_id, key_hash, request_hash, claim_id, state, expires_at) \
      VALUES (\(key.organizationId), \(key.hash), \(requestHash), \(claim), 'running', \
      now() + make_interval(secs => \(Self.claimSeconds)::double precision)) \
      ON CONFLICT (organization_id, key_hash) DO UPDATE SET request_hash = excluded.request_hash, \
      claim_id = excluded.claim_id, state = excluded.state, sealed_answer = NULL, expires_at = excluded.expires_at \
      WHERE held.expires_at <= now() \
      RETURNING claim_id
      """)
    return !rows.isEmpty
  }

  /// What stands under a key, if anything does.
  func find(_ key: Key) async throws -> Record? {
    let rows = try await database.read(
      in: .organization(key.organizationId),
      """
      SELECT request_hash, state, sealed_answer FROM idempotent_call \
      WHERE organization_id = \(key.organizationId) AND key_hash = \(key.hash)
      """)
    return try rows.first.map { row in
      Record(
        requestHash: try row.get("request_hash"), state: try row.value("state"),
        sealedAnswer: try row.get("sealed_answer"))
    }
  }

  /// Remembers how a claimed call was answered. Saying it twice changes nothing.
  ///
  /// - Returns: false when the claim no longer holds the key.
  func complete(_ key: Key, _ claim: IdempotencyClaimID, sealedAnswer: [UInt8]?) async throws -> Bool {
    let state: Record.State = sealedAnswer == nil ? .unkept : .answered
    let count = try await database.execute(
      in: .organization(key.organizationId),
      """
      UPDATE idempotent_call SET state = \(state), sealed_answer = \(sealedAnswer), \
      expires_at = now() + make_interval(secs => \(Self.answerSeconds)::double precision) \
      WHERE organization_id = \(key.organizationId) AND key_hash = \(key.hash) AND claim_id = \(claim)
      """)
    return count > 0
  }

  /// Frees a key that the claim still holds, unless the call was done.
  func abandon(_ key: Key, _ claim: IdempotencyClaimID) async throws {
    try await database.execute(
      in: .organization(key.organizationId),
      """
      DELETE FROM idempotent_call WHERE organization_id = \(key.organizationId) AND key_hash = \(key.hash) \
      AND claim_id = \(claim) AND state = 'running'
      """)
  }

  /// Removes some rows that mean nothing any more, of any organization. The time is asked twice: a row may be claimed anew
  /// between being found and being removed.
  ///
  /// - Returns: how many.
  func sweep() async throws -> Int {
    try await database.execute(
      in: .idempotencySweep,
      """
      DELETE FROM idempotent_call WHERE expires_at <= now() AND (organization_id, key_hash) IN \
      (SELECT organization_id, key_hash FROM idempotent_call WHERE expires_at <= now() LIMIT \(Self.sweepSize))
      """)
  }
}
