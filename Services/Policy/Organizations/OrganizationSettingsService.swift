import Model
import PostgreSQL

/// What owners and admins set for the organization as a whole.
struct OrganizationSettingsService: Sendable {
  let database: PostgresClient
  let rules: RuleStore
  let mutations: Mutations

  func show(by principal: Principal) async throws -> OrganizationSettings {
    try await mutations.audit.requireConfiguration(principal, attempt: "organization.show")
    let organization = principal.organizationId
    let rows = try await database.read(
      in: .organization(organization),
      "SELECT name, default_effect FROM organization WHERE organization_id = \(organization)")
    return try Self.settings(rows, of: organization)
  }

  /// Changes what the request names. Where that is the meaning of silence, it is in force from the commit on.
  func update(_ request: UpdateOrganization, by principal: Principal) async throws -> OrganizationSettings {
    guard let effect = request.defaultEffect else { return try await show(by: principal) }
    try await mutations.audit.requireConfiguration(principal, attempt: "organization.update")
    try principal.caller.requireStepUp()
    let organization = principal.organizationId
    return try await mutations.run(by: principal.origin) { transaction in
      try await rules.advance(organization, transaction)
      let rows = try await transaction.query(
        """
        UPDATE organization SET default_effect = \(effect) WHERE organization_id = \(organization) \
        RETURNING name, default_effect
        """)
      return (
        try Self.settings(rows, of: organization),
        .init(
          [
            AuditFact(
              action: .organizationChanged, targetKind: "organization", targetId: organization.rawValue,
              details: ["defaultEffect": effect.rawValue])
          ], notices: [ChangeNotice(kind: .organization, subject: organization.rawValue)])
      )
    }
  }

  private static func settings(_ rows: [PostgresRow], of organization: OrganizationID) throws -> OrganizationSettings {
    guard let row = rows.first else { throw ServiceError(.notFound, "There is no such organization.") }
    return OrganizationSettings(
      id: organization, name: try row.get("name"), defaultEffect: try row.value("default_effect"))
  }
}
