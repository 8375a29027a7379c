import FoundationEssentials
import Model
import PostgreSQL

/// The outbox: events that the database itself notes with the changes, until the policy service has taken them over.
struct EventStore: Sendable {
  /// Events given out at once.
  private static let pageSize = 100
  /// Seconds after which an event that was not acknowledged is given out again.
  private static let leaseSeconds = 30
  private static let context = SessionContext(setting: "lanyard.worker", value: "events")

  let database: PostgresClient

  /// The oldest events that nobody has taken lately. Replicas that ask at once get different ones.
  func claim() async throws -> [VaultEvent] {
    try await database.write(
      in: Self.context,
      """
      WITH due AS MATERIALIZED (
        SELECT organization_id, event_id FROM event WHERE due_at <= now()
        ORDER BY due_at LIMIT \(Self.pageSize) FOR UPDATE SKIP LOCKED)
      UPDATE event SET due_at = now() + make_interval(secs => \(Double(Self.leaseSeconds)))
      WHERE (organization_id, event_id) IN (SELECT organization_id, event_id FROM due)
      RETURNING organization_id, event_id, type, occurred_at, data::text AS data
      """
    ).map { row in
      VaultEvent(
        id: NotificationID(rawValue: try row.get("event_id")),
        organizationId: OrganizationID(rawValue: try row.get("organization_id")),
        type: try Stored.value(of: "type", in: row), occurredAt: try row.get("occurred_at"),
        data: try WireJSON.decode([String: String].self, from: Data(try row.get("data", as: String.self).utf8)))
    }
  }

  /// Forgets events that were taken over.
  func acknowledge(_ request: AcknowledgeEvents) async throws {
    try await database.execute(
      in: Self.context,
      """
      DELETE FROM event WHERE (organization_id, event_id) IN (
        SELECT * FROM unnest(\(request.events.map(\.organizationId.rawValue))::text[],
          \(request.events.map(\.id.rawValue))::text[]))
      """)
  }
}
