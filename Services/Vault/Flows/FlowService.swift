import Audit
import FoundationEssentials
import Model
import PostgreSQL
import Sealing

/// Flows as people and the connect page see them: begun, watched, cancelled, over.
struct FlowService: Sendable {
  let database: PostgresClient
  let store: FlowStore
  let connections: ConnectionStore
  let announcements: Announcements
  let audit: AuditWriter
  /// How long a person has for the whole trip.
  let lifetimeSeconds: Int

  /// Bytes of all that is shown to the person: names and scopes, far from this in practice.
  private static let maximumRequestBytes = 32_768

  /// Bytes of a sentence for the person.
  private static let maximumMessageBytes = 1_024

  /// Begins a flow for the grant's user and application scope.
  func create(_ request: CreateFlow, under authority: Authority) async throws -> FlowFacts {
    let user = try authority.user()
    let scope = try authority.scope()
    try authority.require(request.integrationId)
    guard try Stored.text(request).utf8.count <= Self.maximumRequestBytes else {
      throw ServiceError(.payloadTooLarge, "The description of the flow is too large.")
    }
    if let connectionId = request.connectionId {
      try await requireConnection(connectionId, request.integrationId, authority)
    }
    let id = FlowID.random()
    return try await database.change(in: authority.organization) { transaction in
      let record = try await store.insert(
        request, id: id, by: authority, scope: scope, user: user, lifetimeSeconds: lifetimeSeconds,
        transaction: transaction)
      guard let record else { throw ServiceError(.internalError, "The flow could not be stored.") }
      try await audit.append(
        AuditEntry(
          .flowCreated, on: .flow(id), under: authority, details: ["integrationId": request.integrationId.rawValue]),
        in: transaction)
      return record.facts
    }
  }

  /// What the flow is about, by its unguessable id.
  func facts(_ id: FlowID) async throws -> FlowFacts {
    guard let flow = try await store.find(id) else { throw ServiceError.flowNotFound }
    return flow.facts
  }

  /// The flow's status, waiting for its end.
  func status(_ query: FlowQuery, under authority: Authority) async throws -> FlowStatus {
    let patience = try Patience(seconds: query.waitSeconds)
    return try await announcements.listening(to: .flow(query.id.rawValue)) { listening in
      while true {
        let flow = try await own(query.id, authority)
        guard flow.isPending, !Announcements.isDraining, let pause = patience.nextRare() else {
          return flow.facts.status
        }
        let untilOver = Duration.seconds(max(flow.facts.expiresAt.timeIntervalSinceNow, 0))
        await listening.wait(atMost: min(pause, untilOver + .milliseconds(10)))
        try Task.checkCancellation()
      }
    }
  }

  /// The person gave up. The first end of a flow stands.
  func cancel(_ id: FlowID, under authority: Authority) async throws -> FlowStatus {
    let flow = try await own(id, authority)
    let entry = AuditEntry(
      .flowFailed, on: .flow(id), under: authority, details: ["code": ErrorCode.userCancelled.rawValue])
    return try await fail(flow, .cancelled, entry)
  }

  /// The exchanger or the connect page ends the flow without a Connection.
  func fail(_ request: FailFlow, by caller: AuditEntry.Caller) async throws -> FlowStatus {
    guard request.failure.message.utf8.count <= Self.maximumMessageBytes else {
      throw ServiceError(.invalidRequest, "The message is longer than \(Self.maximumMessageBytes) bytes.")
    }
    guard let flow = try await store.find(request.flowId) else { throw ServiceError.flowNotFound }
    let entry = AuditEntry(
      .flowFailed, on: .flow(flow.id), in: flow.facts.organizationId, for: flow.facts.userId, scope: flow.facts.scope,
      by: caller, details: ["code": request.failure.code.rawValue])
    return try await fail(flow, request.failure, entry)
  }

  /// Ends flows whose time is over and forgets old ones.
  ///
  /// - Returns: how many pieces of work there were.
  func sweep(limit: Int) async throws -> Int {
    let over = try await DueWork.flowExpiry.due(limit: limit, database: database)
    for item in over { try await expire(item) }
    let old = try await DueWork.flowRemoval.due(limit: limit, database: database)
    for item in old {
      try await database.transaction(in: VaultSchema.context(item.organization)) { transaction in
        try await store.remove(
          FlowID(rawValue: item.recordId), in: OrganizationID(rawValue: item.organization), transaction: transaction)
      }
    }
    return over.count + old.count
  }

  private func expire(_ item: DueWork.Item) async throws {
    let organization = OrganizationID(rawValue: item.organization)
    let id = FlowID(rawValue: item.recordId)
    try await database.transaction(in: VaultSchema.context(item.organization)) { transaction in
      guard let flow = try await store.lock(id, in: organization, transaction: transaction) else {
        return try await DueWork.flowExpiry.cancel(item.recordId, of: item.organization, transaction: transaction)
      }
      // A claim may have given it more time.
      guard !flow.isPending else {
        return try await DueWork.flowExpiry.schedule(
          item.recordId, of: item.organization, at: flow.facts.expiresAt, transaction: transaction)
      }
      guard
        try await store.end(
          id, in: organization, as: FlowStatus(status: .failed, error: .expired), transaction: transaction)
      else {
        return try await DueWork.flowExpiry.cancel(item.recordId, of: item.organization, transaction: transaction)
      }
      try await audit.append(
        AuditEntry(
          .flowFailed, on: .flow(id), in: organization, for: flow.facts.userId, scope: flow.facts.scope, by: .vault,
          details: ["code": ErrorCode.flowExpired.rawValue]),
        in: transaction)
    }
  }

  private func fail(_ flow: FlowRecord, _ failure: FlowStatus.Failure, _ entry: AuditEntry) async throws -> FlowStatus {
    let organization = flow.facts.organizationId
    let status = FlowStatus(status: .failed, error: failure)
    let isFirst = try await database.change(in: organization) { transaction in
      guard try await store.end(flow.id, in: organization, as: status, transaction: transaction) else { return false }
      try await audit.append(entry, in: transaction)
      return true
    }
    if isFirst { return status }
    guard let ended = try await store.find(flow.id, in: organization) else { throw ServiceError.flowNotFound }
    return ended.facts.status
  }

  /// A flow of the grant's own user.
  private func own(_ id: FlowID, _ authority: Authority) async throws -> FlowRecord {
    let user = try authority.user()
    guard let flow = try await store.find(id, in: authority.organization) else { throw ServiceError.flowNotFound }
    guard flow.facts.userId == user else {
      throw GrantMismatch(reason: .otherUser, grant: authority.grant, answer: .flowNotFound)
    }
    if let scope = authority.grant.scope, scope != flow.facts.scope {
      throw GrantMismatch(reason: .otherScope, grant: authority.grant, answer: .flowNotFound)
    }
    return flow
  }

  /// The Connection that is authorized again must be the person's own, of the same Integration and application scope.
  private func requireConnection(
    _ id: ConnectionID, _ integration: IntegrationID, _ authority: Authority
  ) async throws {
    guard let record = try await connections.find(id, in: authority.organization), record.connection.status != .revoked,
      record.connection.integrationId == integration
    else { throw ServiceError.connectionNotFound }
    try authority.require(record, within: try authority.reach())
  }
}
