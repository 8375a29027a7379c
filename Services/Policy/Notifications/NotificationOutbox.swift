import Model
import PostgreSQL

/// Writes events down for the webhooks that want them, in the transaction of the change that they speak of.
struct NotificationOutbox: Sendable {
  /// One row for the event and one for each webhook; none at all when nobody wants to know. An event that is there already stays as it is.
  func add(
    _ event: NotificationEvent, of organization: OrganizationID, in transaction: PostgresTransaction
  ) async throws {
    let data = try WireJSON.text(event.data)
    let written = try await transaction.execute(
      """
      WITH wanting AS (
        SELECT webhook_id FROM webhook
        WHERE organization_id = \(organization) AND enabled AND \(event.type) = ANY (events)
      ), written AS (
        INSERT INTO notification (organization_id, notification_id, type, occurred_at, data)
        SELECT \(organization), \(event.id), \(event.type), \(event.occurredAt), \(data)::jsonb
        WHERE EXISTS (SELECT FROM wanting)
        ON CONFLICT (organization_id, notification_id) DO NOTHING
        RETURNING notification_id
      )
      INSERT INTO webhook_delivery (organization_id, webhook_id, notification_id, state)
      SELECT \(organization), wanting.webhook_id, written.notification_id, 'pending' FROM wanting, written
      """)
    if written > 0 { try await transaction.notify(DeliveryStore.channel) }
  }
}
