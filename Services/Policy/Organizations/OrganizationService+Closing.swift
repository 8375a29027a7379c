public import Model
import PostgreSQL

extension OrganizationService {
  /// - Throws: `not_found`.
  public func find(_ organization: OrganizationID) async throws -> Summary {
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT organization_id, name, created_at, closed_at FROM organization WHERE organization_id = \(organization)
      """)
    guard let row = rows.first else { throw ServiceError(.notFound, "There is no organization \(organization).") }
    return try Summary(row)
  }

  /// Ends everything that anybody could do in the organization's name: API keys, sessions, browsers and MCP clients are let in no more, from
  /// the commit on; its webhooks are told nothing. Nothing is deleted. Closed again, it stays as it is.
  public func close(_ organization: OrganizationID) async throws {
    guard try await find(organization).closedAt == nil else { return }
    try await mutations.run(by: Self.origin(organization)) { transaction in
      try await transaction.query(
        "UPDATE organization SET closed_at = now() WHERE organization_id = \(organization) AND closed_at IS NULL")
      try await transaction.query("UPDATE webhook SET enabled = false WHERE organization_id = \(organization)")
      return (
        (),
        .init(
          [AuditFact(action: .organizationClosed, targetKind: "organization", targetId: organization.rawValue)],
          notices: [ChangeNotice(kind: .organization, subject: organization.rawValue)])
      )
    }
  }
}
