import FoundationEssentials
import Model
import PostgreSQL

/// Client secrets that end soon, and whether their owners were told.
struct SecretExpiryStore: Sendable {
  /// Days before its end from which a secret is reported: a registration at a provider is rarely renewed the same day.
  static let noticeDays = 14
  /// Integrations looked up at once.
  private static let pageSize = 100

  let database: PostgresClient

  struct Candidate: Sendable {
    var organizationId: OrganizationID
    var integrationId: IntegrationID
  }

  /// Integrations of any organization whose owners have to be told.
  func due() async throws -> [Candidate] {
    try await database.read(
      in: SessionContext(setting: "lanyard.worker", value: "secret-expiry"),
      """
      SELECT organization_id, integration_id FROM integration \
      WHERE secret_expires_at IS NOT NULL AND deleted_at IS NULL \
      AND secret_expires_at < now() + make_interval(days => \(Self.noticeDays)::integer) \
      AND secret_notice_for IS DISTINCT FROM secret_expires_at ORDER BY secret_expires_at LIMIT \(Self.pageSize)
      """
    ).map { Candidate(organizationId: try $0.id("organization_id"), integrationId: try $0.id("integration_id")) }
  }

  /// Marks the present end as told.
  /// - Returns: the event; nil when another replica was first or the end has changed.
  func mark(_ candidate: Candidate, in transaction: PostgresTransaction) async throws -> NotificationEvent? {
    try await transaction.query(
      """
      UPDATE integration SET secret_notice_for = secret_expires_at \
      WHERE organization_id = \(candidate.organizationId) AND integration_id = \(candidate.integrationId) \
      AND deleted_at IS NULL AND secret_expires_at < now() + make_interval(days => \(Self.noticeDays)::integer) \
      AND secret_notice_for IS DISTINCT FROM secret_expires_at RETURNING secret_expires_at, provider
      """
    ).first.map { row in
      NotificationEvent(
        type: .secretExpiring,
        data: [
          "integrationId": candidate.integrationId.rawValue, "provider": try row.get("provider"),
          "expiresAt": WireTime.text(try row.get("secret_expires_at")),
        ])
    }
  }
}
