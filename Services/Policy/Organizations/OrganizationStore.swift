import Model
import PostgreSQL

/// The rows of organizations.
struct OrganizationStore: Sendable {
  let database: PostgresClient

  /// Nil too for one that an operator has closed.
  func name(of organization: OrganizationID) async throws -> String? {
    try await database.read(
      in: .organization(organization),
      "SELECT name FROM organization WHERE organization_id = \(organization) AND closed_at IS NULL"
    ).first?.get("name")
  }
}
