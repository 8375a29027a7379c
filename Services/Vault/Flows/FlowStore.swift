import FoundationEssentials
import Model
import PostgreSQL

/// Flows, and where they are found by callers that know no organization.
struct FlowStore: Sendable {
  let database: PostgresClient

  // MARK: Finding

  func find(_ id: FlowID, in organization: OrganizationID) async throws -> FlowRecord? {
    try await database.read(
      in: VaultSchema.context(organization.rawValue),
      """
      SELECT \(FlowRecord.columns) FROM flow f
      WHERE f.organization_id = \(organization.rawValue) AND f.id = \(id.rawValue)
      """
    ).first.map(FlowRecord.init)
  }

  /// The flow by its unguessable id alone.
  func find(_ id: FlowID) async throws -> FlowRecord? {
    let rows = try await database.read("SELECT organization_id FROM flow_locator WHERE flow_id = \(id.rawValue)")
    guard let row = rows.first else { return nil }
    return try await find(id, in: OrganizationID(rawValue: try row.get("organization_id")))
  }

  /// The flow whose open trip to the provider has this state.
  func find(stateHash: String) async throws -> FlowRecord? {
    let rows = try await database.read(
      "SELECT organization_id, flow_id FROM flow_locator WHERE state_hash = \(stateHash)")
    guard let row = rows.first else { return nil }
    return try await find(
      FlowID(rawValue: try row.get("flow_id")), in: OrganizationID(rawValue: try row.get("organization_id")))
  }

  /// The flow, locked until the transaction ends.
  func lock(
    _ id: FlowID, in organization: OrganizationID, transaction: PostgresTransaction
  ) async throws -> FlowRecord? {
    try await transaction.query(
      """
      SELECT \(FlowRecord.columns) FROM flow f
      WHERE f.organization_id = \(organization.rawValue) AND f.id = \(id.rawValue) FOR UPDATE
      """
    ).first.map(FlowRecord.init)
  }

  // MARK: Changing

  func insert(
    _ request: CreateFlow, id: FlowID, by authority: Authority, scope: ConnectionScope, user: UserID,
    lifetimeSeconds: Int, transaction: PostgresTransaction
  ) async throws -> FlowRecord? {
    let organization = authority.organization.rawValue
    let rows = try await transaction.query(
      """
      INSERT INTO flow AS f (organization_id, id, user_id, integration_id, application_type, application_id, app_id,
        actor_kind, actor_id, request, status, created_at, expires_at)
      VALUES (\(organization), \(id.rawValue), \(user.rawValue), \(request.integrationId.rawValue),
        \(scope.applicationType.rawValue), \(scope.applicationId), \(scope.appId),
        \(authority.grant.actor.kind.rawValue), \(authority.grant.actor.id), \(try Stored.text(request))::jsonb,
        'pending', now(), now() + make_interval(secs => \(Double(lifetimeSeconds))))
      RETURNING \(FlowRecord.columns)
      """)
    try await transaction.query(
      "INSERT INTO flow_locator (flow_id, organization_id) VALUES (\(id.rawValue), \(organization))")
    guard let record = try rows.first.map(FlowRecord.init) else { return nil }
    try await DueWork.flowExpiry.schedule(
      id.rawValue, of: organization, at: record.facts.expiresAt, transaction: transaction)
    return record
  }

  /// Begins a trip to the provider; an earlier one of the flow can no longer be claimed.
  func begin(
    _ flowTransaction: FlowTransaction, sealed: [UInt8], number: Int64, of flow: FlowRecord,
    transaction: PostgresTransaction
  ) async throws {
    let organization = flow.facts.organizationId.rawValue
    try await transaction.query(
      """
      UPDATE flow SET transactions = \(number), state_hash = \(flowTransaction.stateHash),
        browser_hash = \(flowTransaction.browserHash), requested_scopes = \(flowTransaction.requestedScopes),
        sealed_transaction = \(sealed)
      WHERE organization_id = \(organization) AND id = \(flow.id.rawValue)
      """)
    try await transaction.query(
      """
      UPDATE flow_locator SET state_hash = \(flowTransaction.stateHash)
      WHERE organization_id = \(organization) AND flow_id = \(flow.id.rawValue)
      """)
  }

  /// Consumes the open trip: one statement, so of any number of claims one wins.
  ///
  /// - Returns: the flow, or nil for all who were not first.
  func claim(
    stateHash: String, of flow: FlowRecord, exchangeSeconds: Int, transaction: PostgresTransaction
  ) async throws -> FlowRecord? {
    try await transaction.query(
      """
      UPDATE flow AS f SET consumed_at = clock_timestamp(),
        expires_at = greatest(f.expires_at, clock_timestamp() + make_interval(secs => \(Double(exchangeSeconds))))
      WHERE f.organization_id = \(flow.facts.organizationId.rawValue) AND f.id = \(flow.id.rawValue)
        AND f.state_hash = \(stateHash) AND f.consumed_at IS NULL AND f.status = 'pending'
        AND f.expires_at > clock_timestamp()
      RETURNING \(FlowRecord.columns)
      """
    ).first.map(FlowRecord.init)
  }

  /// Takes the claimed transaction out of the store; the second time there is nothing left.
  func release(
    _ id: FlowID, in organization: OrganizationID, transaction: PostgresTransaction
  ) async throws -> (sealed: [UInt8], number: Int64)? {
    try await transaction.query(
      """
      WITH held AS (
        SELECT id, sealed_transaction, transactions FROM flow
        WHERE organization_id = \(organization.rawValue) AND id = \(id.rawValue) AND consumed_at IS NOT NULL
          AND released_at IS NULL AND status = 'pending' AND expires_at > clock_timestamp()
          AND sealed_transaction IS NOT NULL
        FOR UPDATE)
      UPDATE flow AS f SET released_at = clock_timestamp(), sealed_transaction = NULL FROM held
      WHERE f.organization_id = \(organization.rawValue) AND f.id = held.id
      RETURNING held.sealed_transaction, held.transactions
      """
    ).first.map { (try $0.get("sealed_transaction"), try $0.get("transactions")) }
  }

  /// Ends a flow. The first end stands.
  ///
  /// - Returns: whether this was the first.
  func end(
    _ id: FlowID, in organization: OrganizationID, as status: FlowStatus, transaction: PostgresTransaction
  ) async throws -> Bool {
    let ended = try await transaction.execute(
      """
      UPDATE flow SET status = \(status.status.rawValue), failure_code = \(status.error?.code.rawValue),
        failure_message = \(status.error?.message), failure_reason = \(status.error?.reason?.rawValue),
        connection_id = \(status.connectionId?.rawValue),
        sealed_transaction = NULL, ended_at = clock_timestamp()
      WHERE organization_id = \(organization.rawValue) AND id = \(id.rawValue) AND status = 'pending'
      """)
    guard ended == 1 else { return false }
    try await transaction.query(
      """
      UPDATE flow_locator SET state_hash = NULL
      WHERE organization_id = \(organization.rawValue) AND flow_id = \(id.rawValue)
      """)
    try await DueWork.flowExpiry.cancel(id.rawValue, of: organization.rawValue, transaction: transaction)
    try await DueWork.flowRemoval.schedule(
      id.rawValue, of: organization.rawValue, at: Date(timeIntervalSinceNow: FlowSweeper.endedFlowsKeptSeconds),
      transaction: transaction)
    try await transaction.announce(.flow(id.rawValue))
    return true
  }

  /// Forgets an ended flow.
  func remove(_ id: FlowID, in organization: OrganizationID, transaction: PostgresTransaction) async throws {
    try await transaction.query(
      "DELETE FROM flow_locator WHERE organization_id = \(organization.rawValue) AND flow_id = \(id.rawValue)")
    try await transaction.query(
      """
      DELETE FROM flow WHERE organization_id = \(organization.rawValue) AND id = \(id.rawValue) AND status <> 'pending'
      """)
    try await DueWork.flowRemoval.cancel(id.rawValue, of: organization.rawValue, transaction: transaction)
  }
}
