import FoundationEssentials
import Model
import PostgreSQL

/// The rows of webhooks.
struct WebhookStore: Sendable {
  private static let columns: SQL = "webhook_id, url, events, description, enabled, created_at, updated_at"

  let database: PostgresClient

  func insert(_ webhook: Webhook, in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      INSERT INTO webhook (organization_id, webhook_id, url, events, description, enabled, created_at, updated_at) \
      VALUES (\(organization), \(webhook.id), \(webhook.url), \(webhook.events.map(\.rawValue)), \
      \(webhook.description), \(webhook.enabled), \(webhook.createdAt), \(webhook.updatedAt))
      """)
  }

  func update(_ webhook: Webhook, in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      UPDATE webhook SET url = \(webhook.url), events = \(webhook.events.map(\.rawValue)), \
      description = \(webhook.description), enabled = \(webhook.enabled), updated_at = \(webhook.updatedAt) \
      WHERE organization_id = \(organization) AND webhook_id = \(webhook.id)
      """)
  }

  /// Its deliveries go with it.
  /// - Returns: whether it was there.
  func delete(
    _ id: WebhookID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Bool {
    try await transaction.execute(
      "DELETE FROM webhook WHERE organization_id = \(organization) AND webhook_id = \(id)") > 0
  }

  /// Holds every other change of the organization's number of webhooks up, so that the limit holds.
  func count(in organization: OrganizationID, _ transaction: PostgresTransaction) async throws -> Int {
    try await transaction.query(
      "SELECT FROM organization WHERE organization_id = \(organization) FOR NO KEY UPDATE")
    let rows = try await transaction.query(
      "SELECT count(*)::integer AS count FROM webhook WHERE organization_id = \(organization)")
    return try rows.first?.get("count", as: Int.self) ?? 0
  }

  func lock(
    _ id: WebhookID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Webhook? {
    try await transaction.query(
      """
      SELECT \(Self.columns) FROM webhook WHERE organization_id = \(organization) AND webhook_id = \(id) FOR UPDATE
      """
    ).first.map(Self.webhook)
  }

  func find(_ id: WebhookID, in organization: OrganizationID) async throws -> Webhook? {
    try await database.read(
      in: .organization(organization),
      "SELECT \(Self.columns) FROM webhook WHERE organization_id = \(organization) AND webhook_id = \(id)"
    ).first.map(Self.webhook)
  }

  /// One more than the limit, newest first.
  func list(in organization: OrganizationID, after cursor: PageCursor?, limit: Int) async throws -> [Webhook] {
    let position: SQL = cursor.map { "AND (created_at, webhook_id) < (\($0.time), \($0.id))" } ?? ""
    return try await database.read(
      in: .organization(organization),
      """
      SELECT \(Self.columns) FROM webhook WHERE organization_id = \(organization) \(position) \
      ORDER BY created_at DESC, webhook_id DESC LIMIT \(limit + 1)
      """
    ).map(Self.webhook)
  }

  private static func webhook(_ row: PostgresRow) throws -> Webhook {
    Webhook(
      id: try row.id("webhook_id"), url: try row.get("url"),
      events: try row.get("events", as: [String].self).compactMap(NotificationType.init(rawValue:)),
      description: try row.get("description"), enabled: try row.get("enabled"),
      createdAt: try row.get("created_at"), updatedAt: try row.get("updated_at"))
  }
}
