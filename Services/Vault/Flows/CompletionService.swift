import Audit
import FoundationEssentials
import Model
import PostgreSQL
import Sealing

/// Ends a flow with a Connection: the tokens, the Connection's row and the flow's end become durable together or not at all.
struct CompletionService: Sendable {
  let database: PostgresClient
  let flows: FlowStore
  let connections: ConnectionStore
  let due: DueRefreshStore
  let records: RecordSealer
  let standing: ClientStanding
  let audit: AuditWriter

  /// Bytes of a provider's account id: it is part of an index, and longer than any that is known.
  private static let maximumAccountBytes = 512

  private enum Result {
    case connected(Connection)
    case refused(FlowStatus.Failure)
  }

  /// - Throws: `access_denied` when the person chose another account than the one that is authorized again; the flow has failed then.
  ///   Every refusal says whether the tokens that are not stored share their grant with a live Connection.
  func complete(_ request: CompleteFlow, under authority: Authority) async throws -> Connection {
    do {
      return try await store(request, authority)
    } catch var error as ServiceError {
      error.facts.merge(try await facts(request.account, authority)) { _, added in added }
      throw error
    } catch var error as GrantMismatch {
      error.facts = try await facts(request.account, authority)
      throw error
    }
  }

  private func facts(_ account: ProviderAccount, _ authority: Authority) async throws -> [String: [String]] {
    // An account with a made-up id may be any of the person's.
    let isGenerated = account.isGenerated == true
    let isShared = try await connections.isGrantHeld(
      account: isGenerated ? nil : account.id, among: authority.grant.integrationIds,
      of: isGenerated ? authority.grant.userId : nil, in: authority.organization)
    return isShared ? [FlowEndpoints.sharesGrant: ["true"]] : [:]
  }

  private func store(_ request: CompleteFlow, _ authority: Authority) async throws -> Connection {
    try authority.requireFlow(request.flowId)
    guard request.tokens.accessToken.secret.expose({ !$0.isEmpty }),
      (1...Self.maximumAccountBytes).contains(request.account.id.utf8.count)
    else {
      throw ServiceError(
        .invalidRequest, "An access token and an account id of 1 to \(Self.maximumAccountBytes) bytes are needed.")
    }
    _ = try await records.keys.current(of: authority.organization.rawValue)
    let result: Result
    do {
      result = try await attempt(request, authority)
    } catch let error as PostgresError where error.sqlState == .uniqueViolation {
      // Another flow of the same person and account was a moment faster: now its row is there to be updated.
      result = try await attempt(request, authority)
    }
    switch result {
    case .connected(let connection):
      await standing.note(
        request.secrets,
        of: .init(
          organization: authority.organization, integration: connection.integrationId, provider: connection.provider),
        in: .flow(request.flowId, in: authority.organization))
      return connection
    case .refused(let failure): throw ServiceError(failure.code, failure.message)
    }
  }

  private func attempt(_ request: CompleteFlow, _ authority: Authority) async throws -> Result {
    let organization = authority.organization
    return try await records.transaction(of: organization, on: database) { transaction, keys in
      guard let flow = try await flows.lock(request.flowId, in: organization, transaction: transaction) else {
        throw ServiceError.flowNotFound
      }
      try authority.require(flow)
      try flow.requirePending()
      guard flow.isConsumed, flow.isReleased else {
        throw ServiceError(.conflict, "The flow was not claimed and released.")
      }
      let consent = Consent(flow: flow, request: request)
      let found = try await connections.lock(consent, transaction: transaction)
      if let refusal = consent.refusal(of: found) {
        return try await refuse(flow, refusal, authority, transaction)
      }
      let stored = try await store(consent, over: found, with: keys, transaction)
      try await due.schedule(stored, transaction: transaction)
      let status = FlowStatus(status: .completed, connectionId: stored.id)
      _ = try await flows.end(flow.id, in: organization, as: status, transaction: transaction)
      try await transaction.announce(.connection(stored.id.rawValue))
      let details = ["flowId": flow.id.rawValue, "generation": String(stored.generation)]
      try await audit.append(
        AuditEntry(
          found == nil ? .connectionCreated : .connectionReauthorized, on: .connection(stored.id), under: authority,
          details: details),
        in: transaction)
      try await audit.append(
        AuditEntry(
          .flowCompleted, on: .flow(flow.id), under: authority, details: ["connectionId": stored.id.rawValue]),
        in: transaction)
      // Another account may now be the one to use, and the same one may reach further.
      try await transaction.publish(.connection, stored.id.rawValue, of: organization)
      return .connected(stored.connection)
    }
  }

  private func refuse(
    _ flow: FlowRecord, _ failure: FlowStatus.Failure, _ authority: Authority, _ transaction: PostgresTransaction
  ) async throws -> Result {
    let status = FlowStatus(status: .failed, error: failure)
    var details = ["code": failure.code.rawValue]
    details["reason"] = failure.reason?.rawValue
    _ = try await flows.end(flow.id, in: authority.organization, as: status, transaction: transaction)
    try await audit.append(
      AuditEntry(
        .flowFailed, on: .flow(flow.id), under: authority, outcome: .refused, details: details),
      in: transaction)
    return .refused(failure)
  }

  private func store(
    _ consent: Consent, over found: ConnectionRecord?, with keys: HeldKeys, _ transaction: PostgresTransaction
  ) async throws -> ConnectionRecord {
    let organization = consent.flow.facts.organizationId
    let id = found?.id ?? .random()
    let generation = (found?.generation ?? 0) + 1
    var tokens = TokenRecord(
      accessToken: consent.tokens.accessToken.secret, refreshToken: consent.tokens.refreshToken?.secret)
    if tokens.refreshToken == nil, let found, found.connection.status != .needsReauthorization,
      let sealed = found.sealedTokens
    {
      // Some providers give a refresh token at the first consent only: the one that we have stays good.
      let address = RecordAddress.tokens(
        of: id.rawValue, organization: organization.rawValue, generation: found.generation)
      tokens.refreshToken = try TokenRecord(plaintext: try keys.open(sealed, at: address)).refreshToken
    }
    let address = RecordAddress.tokens(of: id.rawValue, organization: organization.rawValue, generation: generation)
    let sealed = SealedTokens(
      sealed: try keys.seal(tokens.plaintext, at: address), generation: generation,
      hasRefreshToken: tokens.refreshToken != nil)
    return found == nil
      ? try await connections.insert(consent, id: id, sealed, transaction: transaction)
      : try await connections.replace(id, by: consent, sealed, transaction: transaction)
  }
}
