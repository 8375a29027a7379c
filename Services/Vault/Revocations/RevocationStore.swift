import FoundationEssentials
import Model
import PostgreSQL

/// Revocations and their tasks. A task carries the tokens until the provider was told.
struct RevocationStore: Sendable {
  let database: PostgresClient

  // MARK: Begin

  func insert(_ id: RevocationID, by authority: Authority, transaction: PostgresTransaction) async throws {
    let grant = authority.grant
    try await insert(id, in: grant.organizationId, for: grant.userId, by: grant.actor, transaction: transaction)
  }

  func insert(
    _ id: RevocationID, in organization: OrganizationID, for user: UserID?, by actor: Actor,
    transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      INSERT INTO revocation (organization_id, id, begun_by, actor_kind, actor_id)
      VALUES (\(organization.rawValue), \(id.rawValue), \(user?.rawValue), \(actor.kind.rawValue), \(actor.id))
      """)
  }

  /// Revokes what is selected, and ends the flows that would bring it back.
  ///
  /// - Returns: what the audit row says about it.
  func begin(
    _ selection: RevocationSelection, as id: RevocationID, ending flows: FlowStore, in organization: OrganizationID,
    transaction: PostgresTransaction
  ) async throws -> [String: String] {
    let pending = try await pendingFlows(selection, in: organization, transaction: transaction)
    for flow in pending {
      _ = try await flows.end(
        flow, in: organization, as: FlowStatus(status: .failed, error: .revokedMeanwhile), transaction: transaction)
    }
    try await lock(selection, in: organization, transaction: transaction)
    let count = try await revoke(selection, as: id, in: organization, transaction: transaction)
    var details = selection.details
    details["connections"] = String(count)
    details["flows"] = String(pending.count)
    return details
  }

  /// Connections per statement. It takes tens of milliseconds for so many, so that also on a busy server no statement comes near the
  /// database's limit for one, however many Connections there are.
  private static let batchSize = 500

  /// Locks everyone who shares a provider's grant with a selected Connection, in one order: two revocations at the same time
  /// must not each take the other for the one that is left.
  func lock(
    _ selection: RevocationSelection, in organization: OrganizationID, transaction: PostgresTransaction
  ) async throws {
    var last: String? = ""
    while let after = last {
      let batch = try await transaction.query(
        """
        SELECT o.id FROM connection o
        WHERE o.organization_id = \(organization.rawValue) AND o.status <> 'revoked' AND o.id > \(after) AND EXISTS (
          SELECT FROM connection c WHERE \(selection.condition(in: organization))
            AND c.integration_id = o.integration_id AND c.provider_account_id = o.provider_account_id)
        ORDER BY o.id LIMIT \(Self.batchSize) FOR UPDATE OF o
        """)
      last = batch.count == Self.batchSize ? try batch.last?.get("id") : nil
    }
  }

  /// Makes the selected Connections' tokens unusable here, and puts down what the provider has to be told. Lock them first.
  ///
  /// - Returns: how many Connections.
  func revoke(
    _ selection: RevocationSelection, as id: RevocationID, in organization: OrganizationID,
    transaction: PostgresTransaction
  ) async throws -> Int {
    var total = 0
    var last: String? = ""
    while let after = last {
      let batch = try await revoke(selection, after: after, as: id, in: organization, transaction: transaction)
      total += batch.count
      last = batch.count == Self.batchSize ? batch.last : nil
    }
    // Whoever waits for one of many looks again by themselves: a notification for each would crowd out those that matter.
    if case .connection(let id) = selection { try await transaction.announce(.connection(id.rawValue)) }
    try await transaction.announce(.revocations)
    return total
  }

  /// The next of them in the order of their ids. A grant is shared where a Connection holds it that is not selected.
  private func revoke(
    _ selection: RevocationSelection, after: String, as id: RevocationID, in organization: OrganizationID,
    transaction: PostgresTransaction
  ) async throws -> (count: Int, last: String?) {
    let condition = selection.condition(in: organization)
    let rows = try await transaction.query(
      """
      WITH chosen AS MATERIALIZED (
        SELECT c.id, c.sealed_tokens, c.generation FROM connection c
        WHERE \(condition) AND c.id > \(after) ORDER BY c.id LIMIT \(Self.batchSize)),
      revoked AS (
        UPDATE connection AS c SET status = 'revoked', reason = 'revoked', generation = c.generation + 1,
          fence = nextval('fence'), lease_until = 'epoch', sealed_tokens = NULL, has_refresh_token = false,
          is_default = false, next_try_at = NULL, updated_at = now()
        FROM chosen WHERE c.organization_id = \(organization.rawValue) AND c.id = chosen.id
        RETURNING c.id, c.integration_id, c.provider_account_id, c.metadata, c.expires_at, chosen.sealed_tokens,
          chosen.generation),
      judged AS (
        SELECT r.*, EXISTS (
          SELECT FROM connection o
          WHERE o.organization_id = \(organization.rawValue) AND o.integration_id = r.integration_id
            AND o.provider_account_id = r.provider_account_id AND o.status <> 'revoked'
            AND NOT EXISTS (SELECT FROM connection c WHERE \(condition) AND c.id = o.id)) AS is_shared
        FROM revoked r),
      task AS (
        INSERT INTO revocation_task (organization_id, connection_id, revocation_id, integration_id, provider_account_id,
          metadata, sealed_tokens, token_generation, provider_expires_at, state, finished_at)
        SELECT \(organization.rawValue), id, \(id.rawValue), integration_id, provider_account_id, metadata,
          CASE WHEN is_shared THEN NULL ELSE sealed_tokens END, generation, expires_at,
          CASE WHEN is_shared THEN 'sharedGrantKept' ELSE 'pending' END, CASE WHEN is_shared THEN now() END
        FROM judged
        RETURNING organization_id, connection_id, state, due_at),
      due AS (
        INSERT INTO due_work (organization_id, kind, record_id, due_at)
        SELECT organization_id, 'revocation', connection_id, due_at FROM task WHERE state = 'pending'),
      unneeded AS (
        DELETE FROM due_refresh d USING revoked r
        WHERE d.organization_id = \(organization.rawValue) AND d.connection_id = r.id)
      SELECT count(*) AS connections, max(connection_id) AS last FROM task
      """)
    guard let row = rows.first else { return (0, nil) }
    return (try row.get("connections"), try row.get("last"))
  }

  /// The flows that would bring back what was revoked.
  func pendingFlows(
    _ selection: RevocationSelection, in organization: OrganizationID, transaction: PostgresTransaction
  ) async throws -> [FlowID] {
    guard let condition = selection.flows(in: organization) else { return [] }
    return try await transaction.query("SELECT f.id FROM flow f WHERE \(condition) ORDER BY f.id FOR UPDATE")
      .map { FlowID(rawValue: try $0.get("id")) }
  }

  /// The revocation that ended a Connection.
  func revocation(
    of id: ConnectionID, in organization: OrganizationID, transaction: PostgresTransaction
  ) async throws -> RevocationID? {
    try await transaction.query(
      """
      SELECT revocation_id FROM revocation_task
      WHERE organization_id = \(organization.rawValue) AND connection_id = \(id.rawValue)
      """
    ).first.map { RevocationID(rawValue: try $0.get("revocation_id")) }
  }

  // MARK: Report

  /// Who began it and when.
  func find(_ id: RevocationID, in organization: OrganizationID) async throws -> (begunBy: UserID?, createdAt: Date)? {
    try await database.read(
      in: VaultSchema.context(organization.rawValue),
      """
      SELECT begun_by, created_at FROM revocation
      WHERE organization_id = \(organization.rawValue) AND id = \(id.rawValue)
      """
    ).first.map { (try $0.get("begun_by", as: String?.self).map(UserID.init(rawValue:)), try $0.get("created_at")) }
  }

  func totals(_ id: RevocationID, in organization: OrganizationID) async throws -> [String: Int] {
    let rows = try await database.read(
      in: VaultSchema.context(organization.rawValue),
      """
      SELECT state, count(*) AS connections FROM revocation_task
      WHERE organization_id = \(organization.rawValue) AND revocation_id = \(id.rawValue) GROUP BY state
      """)
    let none = RevocationReport.State.allCases.map { ($0.rawValue, 0) }
    let counted = try rows.map { (try $0.get("state", as: String.self), try $0.get("connections", as: Int.self)) }
    return Dictionary(none + counted, uniquingKeysWith: { $1 })
  }

  /// A page of items. The cursor is the last Connection's id.
  func items(
    _ query: RevocationQuery, in organization: OrganizationID
  ) async throws -> Page<RevocationReport.Item> {
    let limit = try PageCursor.limit(query.page)
    var sql: SQL = """
      SELECT connection_id, state, attempts, reason, provider_expires_at, finished_at FROM revocation_task
      WHERE organization_id = \(organization.rawValue) AND revocation_id = \(query.id.rawValue)
      """
    if let cursor = query.page.cursor {
      guard let after = ConnectionID(validating: cursor) else { throw PageCursor.invalid }
      sql.append(" AND connection_id > \(after.rawValue)")
    }
    sql.append(" ORDER BY connection_id LIMIT \(limit + 1)")
    let items = try await database.read(in: VaultSchema.context(organization.rawValue), sql).map { row in
      RevocationReport.Item(
        connectionId: ConnectionID(rawValue: try row.get("connection_id")),
        state: try Stored.value(of: "state", in: row), attempts: try row.get("attempts"),
        reason: try row.get("reason"), providerExpiresAt: try row.get("provider_expires_at"),
        finishedAt: try row.get("finished_at"))
    }
    let page = Array(items.prefix(limit))
    return Page(items: page, nextCursor: items.count > limit ? page.last?.connectionId.rawValue : nil)
  }
}
