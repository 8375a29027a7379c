import FoundationEssentials
import Model
import PostgreSQL

/// A flow as it is stored, with its transaction still sealed.
struct FlowRecord: Sendable {
  var facts: FlowFacts
  /// How many trips to the provider were begun; the version that the transaction is sealed at.
  var transactions: Int64
  var stateHash: String?
  var browserHash: String?
  var requestedScopes: [String]?
  var isConsumed: Bool
  var isReleased: Bool

  var id: FlowID { facts.id }
  var isPending: Bool { facts.status.status == .pending }

  /// The columns that ``init(_:)`` reads. The alias of the table must be `f`.
  static let columns: SQL = """
    f.organization_id, f.id, f.user_id, f.application_type, f.application_id, f.app_id, f.actor_kind, f.actor_id,
    f.request, f.status, f.failure_code, f.failure_message, f.failure_reason, f.connection_id, f.transactions, f.state_hash,
    f.browser_hash, f.requested_scopes, f.consumed_at IS NOT NULL AS is_consumed,
    f.released_at IS NOT NULL AS is_released, f.created_at, f.expires_at, f.expires_at <= clock_timestamp() AS is_over
    """

  init(_ row: PostgresRow) throws {
    var status = FlowStatus(status: try Stored.value(of: "status", in: row))
    status.connectionId = try row.get("connection_id", as: String?.self).map(ConnectionID.init(rawValue:))
    if status.status == .failed {
      status.error = FlowStatus.Failure(
        code: ErrorCode(rawValue: try row.get("failure_code", as: String?.self) ?? "") ?? .internalError,
        message: try row.get("failure_message", as: String?.self) ?? "",
        reason: try Stored.optionalValue(of: "failure_reason", in: row))
    } else if status.status == .pending, try row.get("is_over") {
      // The sweeper may not have come by yet: the end counts, not when somebody wrote it down.
      status = FlowStatus(status: .failed, error: .expired)
    }
    facts = FlowFacts(
      id: FlowID(rawValue: try row.get("id")), organizationId: OrganizationID(rawValue: try row.get("organization_id")),
      userId: UserID(rawValue: try row.get("user_id")), scope: try ConnectionScope(row: row),
      actor: Actor(kind: try Stored.value(of: "actor_kind", in: row), id: try row.get("actor_id")),
      request: try Stored.json(of: "request", in: row), status: status, createdAt: try row.get("created_at"),
      expiresAt: try row.get("expires_at"))
    transactions = try row.get("transactions")
    stateHash = try row.get("state_hash")
    browserHash = try row.get("browser_hash")
    requestedScopes = try row.get("requested_scopes")
    isConsumed = try row.get("is_consumed")
    isReleased = try row.get("is_released")
    if isPending { facts.status.stage = isConsumed ? .returned : transactions > 0 ? .atProvider : .created }
  }
}

extension FlowStatus.Failure {
  static let expired = FlowStatus.Failure(
    code: .flowExpired, message: "The authorization took too long. Begin a new one.")
  static let cancelled = FlowStatus.Failure(code: .userCancelled, message: "The person cancelled.")
  /// - Parameter expected: the account that is authorized again, as the person knows it.
  static func wrongAccount(expected: String) -> FlowStatus.Failure {
    FlowStatus.Failure(
      code: .accessDenied,
      message: """
        Another account was chosen at the provider than the one that is authorized again, so nothing was changed. \
        Sign in there as \(expected) and try again.
        """, reason: .wrongAccount)
  }
  static let revokedMeanwhile = FlowStatus.Failure(
    code: .accessDenied, message: "Access was revoked while the authorization was under way. Begin a new one.")
}
