package import Foundation
package import Logging
package import Model
package import PostgreSQL
import Sealing

/// Fills the vault's database with Connections for measurements, sealed and stored as the vault itself does it.
///
/// Works as the application role, inside one organization's row-level-security context, and needs the keyring: it can
/// do nothing that the vault could not.
package struct ConnectionSeeding: Sendable {
  /// What all seeded Connections have in common.
  package struct Place: Sendable {
    package var organization: OrganizationID
    package var integration: IntegrationID
    package var provider: String
    package var providerUrl: String
    package var scopes: [String]

    package init(
      organization: OrganizationID, integration: IntegrationID, provider: String, providerUrl: String, scopes: [String]
    ) {
      self.organization = organization
      self.integration = integration
      self.provider = provider
      self.providerUrl = providerUrl
      self.scopes = scopes
    }
  }

  /// One Connection.
  package struct Row: Sendable {
    package var user: UserID
    package var application: String
    package var accessToken: Secret<String>
    package var refreshToken: Secret<String>
    package var expiresAt: Date

    package init(
      user: UserID, application: String, accessToken: Secret<String>, refreshToken: Secret<String>, expiresAt: Date
    ) {
      self.user = user
      self.application = application
      self.accessToken = accessToken
      self.refreshToken = refreshToken
      self.expiresAt = expiresAt
    }
  }

  private static let firstGeneration: Int64 = 1
  /// Seconds ago that the tokens are said to have been received: longer than any token's refresh margin.
  private static let ageSeconds = 3_600.0

  private let database: PostgresClient
  private let records: RecordSealer

  /// - Throws: `sealed` when the keyring is not the one that the database was written with.
  package init(database: PostgresClient, keyringFile: String, logger: Logger) async throws {
    let seal = Seal(
      source: .file(keyringFile), fence: DatabaseGuard(requiresFsync: true), database: database, logger: logger)
    await seal.tryToOpen()
    try seal.requireOpen()
    self.database = database
    records = RecordSealer(keys: OrganizationKeys(seal: seal, store: OrganizationKeyStore(database: database)))
  }

  /// Stores the rows in one statement.
  package func insert(_ rows: [Row], at place: Place) async throws {
    let ids = rows.map { _ in ConnectionID.random().rawValue }
    var sealed: [[UInt8]] = []
    sealed.reserveCapacity(rows.count)
    for (row, id) in zip(rows, ids) {
      let tokens = TokenRecord(accessToken: row.accessToken, refreshToken: row.refreshToken)
      let address = RecordAddress.tokens(
        of: id, organization: place.organization.rawValue, generation: Self.firstGeneration)
      sealed.append(try await records.seal(tokens.plaintext, at: address))
    }
    try await database.execute(
      in: VaultSchema.context(place.organization.rawValue),
      """
      INSERT INTO connection (organization_id, id, user_id, integration_id, provider, provider_url, application_type,
        application_id, app_id, application_name, provider_account_id, display_identifier, scopes, status, generation,
        sealed_tokens, has_refresh_token, received_at, expires_at)
      SELECT \(place.organization.rawValue), seed.id, seed.user_id, \(place.integration.rawValue), \(place.provider),
        \(place.providerUrl), 'Application', seed.application, seed.application, 'Benchmark', seed.user_id,
        seed.user_id || '@example.org', \(place.scopes)::text[], 'active', \(Self.firstGeneration), seed.sealed, true,
        \(Date.now.addingTimeInterval(-Self.ageSeconds)), seed.expires_at
      FROM unnest(\(ids)::text[], \(rows.map(\.user.rawValue))::text[], \(rows.map(\.application))::text[],
        \(sealed)::bytea[], \(rows.map(\.expiresAt))::timestamptz[])
        AS seed (id, user_id, application, sealed, expires_at)
      """)
  }
}
