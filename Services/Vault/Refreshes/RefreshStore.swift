import FoundationEssentials
import Model
import PostgreSQL

/// Leases and attempts. Connection, lease and attempt change in one transaction.
struct RefreshStore: Sendable {
  /// Attempts are kept for support this long.
  private static let attemptsKeptDays = 7
  /// An answer that cannot be stored for this long is given up: after a quarter of an hour the database's fault is not a passing one, and
  /// the Connection is better off with a second try at the provider.
  private static let longestKeptSeconds = 900.0

  let database: PostgresClient

  /// Takes the lease when nobody has it and the row is still the one that was looked at.
  ///
  /// The one statement that decides who refreshes. The number of the fence grows over all leases.
  func lease(
    _ record: ConnectionRecord, seconds: Int, transaction: PostgresTransaction
  ) async throws -> Int64? {
    try await transaction.query(
      """
      UPDATE connection AS c SET lease_until = clock_timestamp() + make_interval(secs => \(Double(seconds))),
        fence = nextval('fence')
      WHERE c.organization_id = \(record.organizationId.rawValue) AND c.id = \(record.id.rawValue)
        AND c.generation = \(record.generation) AND NOT (\(ConnectionRecord.isLeased))
        AND (c.next_try_at IS NULL OR c.next_try_at <= clock_timestamp())
        AND c.status IN ('active', 'degraded', 'configError')
      RETURNING c.fence
      """
    ).first?.get("fence")
  }

  /// Writes down what is about to be done, before it is done. Earlier attempts that never came back are closed.
  func intend(
    _ record: ConnectionRecord, fence: Int64, secretVersion: Int64?, seconds: Int, transaction: PostgresTransaction
  ) async throws {
    let organization = record.organizationId.rawValue
    try await transaction.query(
      """
      UPDATE refresh_attempt SET state = 'abandoned', ended_at = clock_timestamp()
      WHERE organization_id = \(organization) AND connection_id = \(record.id.rawValue) AND state = 'intended'
      """)
    try await transaction.query(
      """
      DELETE FROM refresh_attempt WHERE organization_id = \(organization) AND connection_id = \(record.id.rawValue)
        AND started_at < now() - make_interval(days => \(Self.attemptsKeptDays)::int)
      """)
    try await transaction.query(
      """
      INSERT INTO refresh_attempt (organization_id, connection_id, fence, generation, secret_version, state, deadline)
      VALUES (\(organization), \(record.id.rawValue), \(fence), \(record.generation), \(secretVersion), 'intended',
        clock_timestamp() + make_interval(secs => \(Double(seconds))))
      """)
  }

  /// The state of an attempt.
  func attempt(_ lease: LeaseReference) async throws -> RefreshAttemptState? {
    try await database.read(
      in: VaultSchema.context(lease.organizationId.rawValue),
      """
      SELECT state FROM refresh_attempt WHERE organization_id = \(lease.organizationId.rawValue)
        AND connection_id = \(lease.connectionId.rawValue) AND fence = \(lease.fence)
        AND generation = \(lease.generation)
      """
    ).first.map { try Stored.value(of: "state", in: $0) }
  }

  /// Stores the new tokens, if generation and fence are still those of the lease.
  ///
  /// - Returns: false when they are not: somebody else has moved on.
  func commit(
    _ lease: LeaseReference, _ tokens: SealedTokens, _ answer: TokenSet, metadata: [String: String],
    transaction: PostgresTransaction
  ) async throws -> Bool {
    try await transaction.execute(
      """
      UPDATE connection SET generation = \(tokens.generation), sealed_tokens = \(tokens.sealed),
        has_refresh_token = \(tokens.hasRefreshToken), scopes = coalesce(\(answer.scopes), scopes),
        metadata = \(try Stored.text(metadata))::jsonb, received_at = now(), expires_at = \(answer.expiresAt),
        status = CASE WHEN status = 'paused' THEN status ELSE 'active' END, reason = NULL, lease_until = 'epoch',
        next_try_at = NULL, failures = 0, unknown_outcomes = 0, updated_at = now()
      WHERE organization_id = \(lease.organizationId.rawValue) AND id = \(lease.connectionId.rawValue)
        AND generation = \(lease.generation) AND fence = \(lease.fence) AND status <> 'revoked'
      """) == 1
  }

  /// Lets a lease go on whose tokens are there and cannot be stored, for a quarter of an hour at most.
  func keep(_ lease: LeaseReference, seconds: Int) async throws {
    try await database.execute(
      in: VaultSchema.context(lease.organizationId.rawValue),
      """
      UPDATE connection AS c SET lease_until = clock_timestamp() + make_interval(secs => \(Double(seconds)))
      WHERE c.organization_id = \(lease.organizationId.rawValue) AND c.id = \(lease.connectionId.rawValue)
        AND c.generation = \(lease.generation) AND c.fence = \(lease.fence) AND c.status <> 'revoked'
        AND EXISTS (
          SELECT FROM refresh_attempt a WHERE a.organization_id = c.organization_id AND a.connection_id = c.id
            AND a.fence = c.fence AND a.started_at > clock_timestamp() - make_interval(secs => \(Self.longestKeptSeconds)))
      """)
  }

  /// Closes an attempt.
  func end(
    _ lease: LeaseReference, as state: RefreshAttemptState, reason: String? = nil, transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      UPDATE refresh_attempt SET state = \(state.rawValue), reason = \(reason), ended_at = clock_timestamp()
      WHERE organization_id = \(lease.organizationId.rawValue) AND connection_id = \(lease.connectionId.rawValue)
        AND fence = \(lease.fence) AND state IN ('intended', 'abandoned')
      """)
  }

  /// Ends the lease without tokens, if it is still the caller's.
  ///
  /// - Returns: the Connection's person and scope, nil when somebody else has moved on.
  func release(
    _ lease: LeaseReference, _ consequence: RefreshConsequence, transaction: PostgresTransaction
  ) async throws -> ConnectionRecord? {
    try await transaction.query(
      """
      UPDATE connection AS c SET lease_until = 'epoch',
        status = CASE WHEN c.status = 'paused' THEN c.status
          ELSE coalesce(\(consequence.status?.rawValue)::text, c.status) END,
        reason = coalesce(\(consequence.reason), c.reason),
        next_try_at = clock_timestamp() + make_interval(secs => \(consequence.pauseSeconds)::double precision),
        failures = c.failures + \(consequence.isNothing ? 0 : 1),
        unknown_outcomes = c.unknown_outcomes + \(consequence.isUnknown ? 1 : 0), updated_at = now()
      WHERE c.organization_id = \(lease.organizationId.rawValue) AND c.id = \(lease.connectionId.rawValue)
        AND c.generation = \(lease.generation) AND c.fence = \(lease.fence) AND c.status <> 'revoked'
      RETURNING \(ConnectionRecord.columns)
      """
    ).first.map(ConnectionRecord.init)
  }
}

/// How far an attempt has come.
enum RefreshAttemptState: String, Sendable {
  case intended, committed, superseded, failed, outcomeUnknown
  /// The lease ended and nobody came back.
  case abandoned
}
