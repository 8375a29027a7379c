import FoundationEssentials
import Model
import PostgreSQL

extension ClientStandingStore {
  private static let invalidClient = "invalid_client"

  /// The live secrets of Integrations without the secrets, and what is wrong with them. One that the vault knows nothing of is left out.
  func describe(
    _ integrations: [IntegrationID], in organization: OrganizationID
  ) async throws -> [ClientDescription] {
    let ids = integrations.map(\.rawValue)
    let secrets = try await database.read(
      in: VaultSchema.context(organization.rawValue),
      """
      SELECT owner_id, created_at, last_used_at, refused_at, expires_at FROM organization_secret
      WHERE organization_id = \(organization.rawValue) AND kind = 'clientSecret' AND owner_id = ANY(\(ids))
      ORDER BY owner_id, version DESC
      """)
    let incidents = try await database.read(
      in: VaultSchema.context(organization.rawValue),
      """
      SELECT integration_id, reason, since FROM integration_incident
      WHERE organization_id = \(organization.rawValue) AND integration_id = ANY(\(ids))
      """)
    let rows = try Dictionary(grouping: secrets) { try $0.get("owner_id", as: String.self) }
    let refusals = try Dictionary(
      uniqueKeysWithValues: incidents.map { (try $0.get("integration_id", as: String.self), try Self.refusal($0)) })
    return try integrations.compactMap { id in
      guard let found = rows[id.rawValue] else { return nil }
      let secrets = try found.enumerated().map { try Self.secret($1, at: $0) }
      return ClientDescription(
        integrationId: id, secrets: secrets, problem: refusals[id.rawValue] ?? Self.problem(secrets))
    }
  }

  private static func secret(_ row: PostgresRow, at position: Int) throws -> ClientSecret {
    ClientSecret(
      state: position == 0 ? .current : .previous, createdAt: try row.get("created_at"),
      lastUsedAt: try row.get("last_used_at"), refusedSince: try row.get("refused_at"),
      expiresAt: try row.get("expires_at"))
  }

  private static func refusal(_ row: PostgresRow) throws -> IntegrationProblem {
    IntegrationProblem(kind: .clientRefused, reason: try row.get("reason"), since: try row.get("since"))
  }

  private static func problem(_ secrets: [ClientSecret]) -> IntegrationProblem? {
    guard secrets.count > 1, let since = secrets.first?.refusedSince else { return nil }
    return IntegrationProblem(kind: .currentSecretRefused, reason: invalidClient, since: since)
  }
}
