import FoundationEssentials
import Model
import PostgreSQL

/// Connections. Every verb runs in the row-level-security context of one organization.
struct ConnectionStore: Sendable {
  /// Accounts of one person at one provider for one Application: more are not offered.
  private static let maximumCandidates = 100

  let database: PostgresClient

  // MARK: Reading

  /// The live Connections within a grant's reach, with their sealed tokens: the one statement of the hot path.
  func candidates(_ reach: ConnectionReach, only id: ConnectionID?) async throws -> [ConnectionRecord] {
    var sql: SQL = """
      SELECT \(ConnectionRecord.columns) FROM connection c WHERE \(reach.condition) AND c.status <> 'revoked'
      """
    if let id { sql.append(" AND c.id = \(id.rawValue)") }
    sql.append(" ORDER BY c.created_at, c.id LIMIT \(Self.maximumCandidates)")
    return try await database.read(in: VaultSchema.context(reach.organization.rawValue), sql)
      .map(ConnectionRecord.init)
  }

  func find(_ id: ConnectionID, in organization: OrganizationID) async throws -> ConnectionRecord? {
    try await database.read(
      in: VaultSchema.context(organization.rawValue),
      """
      SELECT \(ConnectionRecord.columns) FROM connection c
      WHERE c.organization_id = \(organization.rawValue) AND c.id = \(id.rawValue)
      """
    ).first.map(ConnectionRecord.init)
  }

  /// Whether a live Connection of anyone in the organization holds a provider's grant to one account: many providers keep one grant for
  /// all tokens of an account, and revoking one of them ends the others.
  ///
  /// - Parameters:
  ///   - account: the provider's id of the account; nil for any.
  ///   - integrations: nil for all.
  ///   - user: narrows it to the Connections of one person; nil for everyone's.
  func isGrantHeld(
    account: String?, among integrations: [IntegrationID]?, of user: UserID? = nil, in organization: OrganizationID
  ) async throws -> Bool {
    var sql: SQL = """
      SELECT c.id FROM connection c WHERE c.organization_id = \(organization.rawValue) AND c.status <> 'revoked'
      """
    if let account { sql.append(" AND c.provider_account_id = \(account)") }
    if let integrations { sql.append(" AND c.integration_id = ANY(\(integrations.map(\.rawValue)))") }
    if let user { sql.append(" AND c.user_id = \(user.rawValue)") }
    sql.append(" LIMIT 1")
    return try await !database.read(in: VaultSchema.context(organization.rawValue), sql).isEmpty
  }

  /// A page of Connections, newest first.
  func list(_ reach: ConnectionReach, _ query: ListConnections) async throws -> Page<Connection> {
    let limit = try PageCursor.limit(query.page)
    var sql: SQL = "SELECT \(ConnectionRecord.columns) FROM connection c WHERE \(reach.condition)"
    if let user = query.userId { sql.append(" AND c.user_id = \(user.rawValue)") }
    if let integration = query.integrationId { sql.append(" AND c.integration_id = \(integration.rawValue)") }
    if let status = query.status {
      sql.append(" AND \(ConnectionRecord.shownStatus) = \(status.rawValue)")
    } else {
      sql.append(" AND c.status <> 'revoked'")
    }
    if let after = try PageCursor(query.page) {
      sql.append(" AND (c.created_at, c.id) < (\(after.time), \(after.id))")
    }
    sql.append(" ORDER BY c.created_at DESC, c.id DESC LIMIT \(limit + 1)")
    let rows = try await database.read(in: VaultSchema.context(reach.organization.rawValue), sql)
    let connections = try rows.map { try ConnectionRecord($0).connection }
    let page = Array(connections.prefix(limit))
    let next = connections.count > limit ? page.last.map { PageCursor(time: $0.createdAt, id: $0.id.rawValue) } : nil
    return Page(items: page, nextCursor: next?.text)
  }

  // MARK: Consent

  /// The Connection that a consent is for, locked: the one that is authorized again, or the one of the same account.
  func lock(_ consent: Consent, transaction: PostgresTransaction) async throws -> ConnectionRecord? {
    let facts = consent.flow.facts
    var sql: SQL = """
      SELECT \(ConnectionRecord.columns) FROM connection c
      WHERE c.organization_id = \(facts.organizationId.rawValue) AND c.user_id = \(facts.userId.rawValue)
        AND c.application_type = \(facts.scope.applicationType.rawValue)
        AND c.application_id = \(facts.scope.applicationId) AND c.app_id = \(facts.scope.appId)
        AND c.integration_id = \(facts.request.integrationId.rawValue) AND c.status <> 'revoked'
      """
    if let id = facts.request.connectionId {
      sql.append(" AND c.id = \(id.rawValue) FOR UPDATE")
    } else {
      sql.append(" AND c.provider_account_id = \(consent.account.id) FOR UPDATE")
    }
    return try await transaction.query(sql).first.map(ConnectionRecord.init)
  }

  func insert(
    _ consent: Consent, id: ConnectionID, _ tokens: SealedTokens, transaction: PostgresTransaction
  ) async throws -> ConnectionRecord {
    let facts = consent.flow.facts
    return try record(
      try await transaction.query(
        """
        INSERT INTO connection AS c (organization_id, id, user_id, integration_id, provider, provider_url,
          application_type, application_id, app_id, application_name, provider_account_id, display_identifier,
          display_name, display_avatar, scopes, metadata, status, generation, sealed_tokens, has_refresh_token,
          received_at, expires_at)
        VALUES (\(facts.organizationId.rawValue), \(id.rawValue), \(facts.userId.rawValue),
          \(facts.request.integrationId.rawValue), \(facts.request.provider), \(facts.request.providerUrl),
          \(facts.scope.applicationType.rawValue), \(facts.scope.applicationId), \(facts.scope.appId),
          \(facts.request.application?.name), \(consent.account.id), \(consent.account.displayIdentifier),
          \(consent.account.displayName), \(consent.account.displayAvatar), \(consent.scopes),
          \(try Stored.text(consent.tokens.metadata))::jsonb, 'active', \(tokens.generation), \(tokens.sealed),
          \(tokens.hasRefreshToken), now(), \(consent.tokens.expiresAt))
        RETURNING \(ConnectionRecord.columns)
        """))
  }

  /// The same account consented again: new tokens, the same id. A refresh under way is fenced off.
  func replace(
    _ id: ConnectionID, by consent: Consent, _ tokens: SealedTokens, transaction: PostgresTransaction
  ) async throws -> ConnectionRecord {
    // A made-up account knows nothing about the person: what the Connection shows stays.
    let account = consent.account.isGenerated == true ? nil : consent.account
    return try record(
      try await transaction.query(
        """
        UPDATE connection AS c SET provider = \(consent.flow.facts.request.provider),
          provider_url = \(consent.flow.facts.request.providerUrl),
          application_name = coalesce(\(consent.flow.facts.request.application?.name), c.application_name),
          display_identifier = coalesce(\(account?.displayIdentifier), c.display_identifier),
          display_name = CASE WHEN \(account == nil) THEN c.display_name ELSE \(account?.displayName) END,
          display_avatar = CASE WHEN \(account == nil) THEN c.display_avatar ELSE \(account?.displayAvatar) END,
          scopes = \(consent.scopes),
          metadata = \(try Stored.text(consent.tokens.metadata))::jsonb, status = 'active', reason = NULL,
          generation = \(tokens.generation), sealed_tokens = \(tokens.sealed),
          has_refresh_token = \(tokens.hasRefreshToken), received_at = now(), expires_at = \(consent.tokens.expiresAt),
          fence = nextval('fence'), lease_until = 'epoch', next_try_at = NULL, failures = 0, unknown_outcomes = 0,
          updated_at = now()
        WHERE c.organization_id = \(consent.flow.facts.organizationId.rawValue) AND c.id = \(id.rawValue)
        RETURNING \(ConnectionRecord.columns)
        """))
  }

  private func record(_ rows: [PostgresRow]) throws -> ConnectionRecord {
    guard let row = rows.first else { throw ServiceError(.internalError, "The Connection could not be stored.") }
    return try ConnectionRecord(row)
  }
}
