import FoundationEssentials
import Model
import PostgreSQL

/// The rows of deliveries.
struct DeliveryStore: Sendable {
  /// Where those are woken who wait for something to deliver.
  static let channel: NotificationChannel = "policy_notifications"
  /// Seconds for which a claimed delivery is left alone: longer than the exchanger's deadline for an attempt.
  static let leaseSeconds = 60

  let database: PostgresClient

  /// A delivery whose turn it is.
  struct Claim: Sendable {
    var organizationId: OrganizationID
    var webhookId: WebhookID
    var id: NotificationID
    var attempt: Int
  }

  /// Takes some that are due, of any organization. They come due again, in case nobody ever reports on them.
  func claim(limit: Int) async throws -> [Claim] {
    try await database.write(
      in: .notifications,
      """
      WITH due AS MATERIALIZED ( \
        SELECT organization_id, webhook_id, notification_id FROM webhook_delivery \
        WHERE state = 'pending' AND due_at <= now() ORDER BY due_at LIMIT \(limit) FOR UPDATE SKIP LOCKED) \
      UPDATE webhook_delivery SET attempts = attempts + 1, \
      due_at = now() + make_interval(secs => \(Self.leaseSeconds)::double precision) \
      WHERE (organization_id, webhook_id, notification_id) IN \
      (SELECT organization_id, webhook_id, notification_id FROM due) \
      RETURNING organization_id, webhook_id, notification_id, attempts
      """
    ).map { row in
      Claim(
        organizationId: try row.id("organization_id"), webhookId: try row.id("webhook_id"),
        id: try row.id("notification_id"), attempt: try row.get("attempts"))
    }
  }

  /// Where a claimed message goes and what it says; nil when its webhook was switched off or deleted meanwhile.
  func message(_ claim: Claim) async throws -> (url: String, event: NotificationEvent)? {
    let rows = try await database.read(
      in: .organization(claim.organizationId),
      """
      SELECT w.url, n.type, n.occurred_at, n.data::text AS data FROM webhook w JOIN notification n \
      ON n.organization_id = w.organization_id \
      WHERE w.organization_id = \(claim.organizationId) AND w.webhook_id = \(claim.webhookId) AND w.enabled \
      AND n.notification_id = \(claim.id)
      """)
    return try rows.first.map { row in
      let event = NotificationEvent(
        id: claim.id, type: try row.value("type"), occurredAt: try row.get("occurred_at"), data: try row.json("data"))
      return (try row.get("url"), event)
    }
  }

  /// The present series of attempts, for the claim that is still the newest one; nil for any other.
  func series(_ claim: Claim) async throws -> (began: Date, attempts: Int)? {
    try await database.read(
      in: .organization(claim.organizationId),
      """
      SELECT series_began_at, attempts - series_attempts AS attempts FROM webhook_delivery \
      WHERE organization_id = \(claim.organizationId) AND webhook_id = \(claim.webhookId) \
      AND notification_id = \(claim.id) AND attempts = \(claim.attempt) AND state = 'pending'
      """
    ).first.map { (try $0.get("series_began_at"), try $0.get("attempts")) }
  }

  /// What an attempt leaves behind.
  struct Ending: Sendable {
    var state: WebhookDelivery.State
    /// Only while it stays pending.
    var dueAt: Date?
    var status: Int?
    var problem: String?
  }

  /// Writes down how an attempt ended, unless a later one was begun meanwhile.
  func end(_ claim: Claim, _ ending: Ending) async throws {
    try await database.write(
      in: .organization(claim.organizationId),
      """
      UPDATE webhook_delivery SET state = \(ending.state), due_at = coalesce(\(ending.dueAt), due_at), \
      delivered_at = CASE WHEN \(ending.state) = 'delivered' THEN now() END, \
      last_status = \(ending.status), last_problem = \(ending.problem) \
      WHERE organization_id = \(claim.organizationId) AND webhook_id = \(claim.webhookId) \
      AND notification_id = \(claim.id) AND attempts = \(claim.attempt) AND state = 'pending'
      """)
  }

  /// Begins again. Attempts are counted on, so that a report about an old one cannot be taken for a new one's.
  func restart(
    _ id: NotificationID, to webhook: WebhookID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> WebhookDelivery? {
    let rows = try await transaction.query(
      """
      UPDATE webhook_delivery d SET state = 'pending', due_at = now(), series_began_at = now(), \
      series_attempts = attempts, delivered_at = NULL \
      FROM notification n WHERE d.organization_id = \(organization) AND d.webhook_id = \(webhook) \
      AND d.notification_id = \(id) AND n.organization_id = d.organization_id \
      AND n.notification_id = d.notification_id RETURNING \(Self.columns)
      """)
    try await transaction.notify(Self.channel)
    return try rows.first.map(Self.delivery)
  }

  /// One more than the limit, newest first.
  func list(
    of webhook: WebhookID, in organization: OrganizationID, state: WebhookDelivery.State?, after cursor: PageCursor?,
    limit: Int
  ) async throws -> [WebhookDelivery] {
    let narrowed: SQL = state.map { "AND d.state = \($0)" } ?? ""
    let position: SQL = cursor.map { "AND (d.created_at, d.notification_id) < (\($0.time), \($0.id))" } ?? ""
    return try await database.read(
      in: .organization(organization),
      """
      SELECT \(Self.columns) FROM webhook_delivery d JOIN notification n \
      ON n.organization_id = d.organization_id AND n.notification_id = d.notification_id \
      WHERE d.organization_id = \(organization) AND d.webhook_id = \(webhook) \(narrowed) \(position) \
      ORDER BY d.created_at DESC, d.notification_id DESC LIMIT \(limit + 1)
      """
    ).map(Self.delivery)
  }

  /// Forgets events that nobody looks for any more, with their deliveries.
  /// - Returns: how many.
  func clear(olderThan days: Int, limit: Int) async throws -> Int {
    try await database.execute(
      in: .notifications,
      """
      DELETE FROM notification WHERE (organization_id, notification_id) IN ( \
        SELECT organization_id, notification_id FROM notification \
        WHERE occurred_at < now() - make_interval(days => \(days)::integer) LIMIT \(limit))
      """)
  }

  private static let columns: SQL = """
    d.notification_id, d.webhook_id, n.type, d.state, d.attempts, d.created_at, d.due_at, d.delivered_at, \
    d.last_status, d.last_problem
    """

  private static func delivery(_ row: PostgresRow) throws -> WebhookDelivery {
    let state: WebhookDelivery.State = try row.value("state")
    return WebhookDelivery(
      id: try row.id("notification_id"), webhookId: try row.id("webhook_id"), type: try row.value("type"),
      state: state, attempts: try row.get("attempts"), createdAt: try row.get("created_at"),
      nextAttemptAt: state == .pending ? try row.get("due_at") : nil, deliveredAt: try row.get("delivered_at"),
      lastStatus: try row.get("last_status"), lastProblem: try row.get("last_problem"))
  }
}
