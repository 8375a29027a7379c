import Audit
import FoundationEssentials
import Model
import PostgreSQL
import Sealing

/// The trip to the provider within a flow: begun, claimed by the browser that comes back, released to the exchanger.
///
/// State and browser are the proof at the claim; the policy service decides again before anything secret is released.
struct AuthorizationService: Sendable {
  let database: PostgresClient
  let store: FlowStore
  let secrets: ClientSecretReader
  let records: RecordSealer
  let audit: AuditWriter

  /// A claimed flow gets at least this long for the code exchange: the exchanger's own deadline is 60 s.
  static let exchangeSeconds = 120
  /// SHA-256 as lower-case hexadecimal.
  private static let hashCharacters = 64

  func begin(_ request: BeginAuthorization, under authority: Authority) async throws {
    let flowTransaction = request.transaction
    try Self.requireHash(flowTransaction.stateHash, "stateHash")
    try Self.requireHash(flowTransaction.browserHash, "browserHash")
    let organization = authority.organization
    // The key first: it may have to be made, which is a transaction of its own.
    _ = try await records.keys.current(of: organization.rawValue)
    try await records.transaction(of: organization, on: database) { transaction, keys in
      let flow = try await locked(request.flowId, authority, transaction)
      guard !flow.isConsumed else {
        throw ServiceError(.conflict, "The person has come back from the provider already. Begin a new flow.")
      }
      let number = flow.transactions + 1
      let plaintext = Secret(Array(try WireJSON.encode(flowTransaction)))
      let sealed = try keys.seal(
        plaintext,
        at: .transaction(of: flow.id.rawValue, organization: organization.rawValue, number: number))
      do {
        try await store.begin(flowTransaction, sealed: sealed, number: number, of: flow, transaction: transaction)
      } catch let error as PostgresError where error.sqlState == .uniqueViolation {
        throw ServiceError(.conflict, "The state was used before. Make a new one.")
      }
      try await audit.append(
        AuditEntry(.flowBegun, on: .flow(flow.id), under: authority, details: ["number": String(number)]),
        in: transaction)
    }
  }

  /// Consumes the trip. Every reason that it cannot be is answered alike, but for a person who is not the flow's: the browser has
  /// proved by then that it knows the flow.
  func claim(_ request: ClaimAuthorization, by caller: AuditEntry.Caller) async throws -> FlowFacts {
    try Self.requireHash(request.stateHash, "stateHash")
    try Self.requireHash(request.browserHash, "browserHash")
    guard let flow = try await store.find(stateHash: request.stateHash), flow.isPending,
      let browserHash = flow.browserHash, ConstantTime.areEqual(browserHash, request.browserHash)
    else { throw Self.invalidState }
    let organization = flow.facts.organizationId
    if let person = request.person,
      person != FlowPerson(organizationId: organization, userId: flow.facts.userId)
    {
      throw Self.otherPerson
    }
    return try await database.change(in: organization) { transaction in
      let claimed = try await store.claim(
        stateHash: request.stateHash, of: flow, exchangeSeconds: Self.exchangeSeconds, transaction: transaction)
      guard let claimed else { throw Self.invalidState }
      try await audit.append(
        AuditEntry(
          .flowClaimed, on: .flow(flow.id), in: organization, for: flow.facts.userId, scope: flow.facts.scope,
          by: caller),
        in: transaction)
      return claimed.facts
    }
  }

  /// Verifier, nonce and client secret, once.
  func release(_ id: FlowID, under authority: Authority) async throws -> ReleasedAuthorization {
    let organization = authority.organization
    return try await records.transaction(of: organization, on: database) { transaction, keys in
      let flow = try await locked(id, authority, transaction)
      guard let held = try await store.release(id, in: organization, transaction: transaction) else {
        throw ServiceError(.conflict, "The authorization was not claimed, or released before.")
      }
      let plaintext = try keys.open(
        held.sealed, at: .transaction(of: id.rawValue, organization: organization.rawValue, number: held.number))
      let opened = try plaintext.expose { try WireJSON.decode(FlowTransaction.self, from: Data($0)) }
      let integration = flow.facts.request.integrationId
      let secret = try await secrets.live(
        of: integration, in: organization, with: keys, transaction: transaction)
      var details = ["integrationId": integration.rawValue]
      if let secret { details["secretVersion"] = String(secret.versions.current) }
      try await audit.append(
        AuditEntry(.flowReleased, on: .flow(id), under: authority, details: details), in: transaction)
      return ReleasedAuthorization(
        transaction: opened, clientSecret: secret?.secret, secretVersions: secret?.versions)
    }
  }

  /// The pending flow that the grant is bound to, locked.
  private func locked(
    _ id: FlowID, _ authority: Authority, _ transaction: PostgresTransaction
  ) async throws -> FlowRecord {
    try authority.requireFlow(id)
    guard let flow = try await store.lock(id, in: authority.organization, transaction: transaction) else {
      throw ServiceError.flowNotFound
    }
    try authority.require(flow)
    try flow.requirePending()
    return flow
  }

  private static let invalidState = ServiceError(
    .invalidState, "The answer of the provider does not belong to an authorization of this browser. Begin again.")

  private static let otherPerson = ServiceError(
    .forbidden, "Somebody else is signed in in this browser than the one who began. Sign out there, and begin again.")

  private static func requireHash(_ text: String, _ field: String) throws {
    let digits = Set("0123456789abcdef".utf8)
    guard text.utf8.count == hashCharacters, text.utf8.allSatisfy(digits.contains) else {
      throw ServiceError(
        .invalidRequest, "\(field) must be a SHA-256 as 64 lower-case hexadecimal digits.", facts: ["fields": [field]])
    }
  }
}

extension Authority {
  /// - Throws: ``GrantMismatch`` unless the grant is bound to this flow.
  func requireFlow(_ id: FlowID) throws {
    guard grant.flowId == id else { throw GrantMismatch(reason: .otherFlow, grant: grant, answer: .flowNotFound) }
  }

  /// - Throws: ``GrantMismatch`` unless user, application scope and Integration of the flow are the grant's.
  func require(_ flow: FlowRecord) throws {
    guard grant.userId == flow.facts.userId else {
      throw GrantMismatch(reason: .otherUser, grant: grant, answer: .flowNotFound)
    }
    if let scope = grant.scope, scope != flow.facts.scope {
      throw GrantMismatch(reason: .otherScope, grant: grant, answer: .flowNotFound)
    }
    try require(flow.facts.request.integrationId)
  }
}

extension FlowRecord {
  /// - Throws: `flow_expired` or `conflict` for a flow that has ended.
  func requirePending() throws {
    guard !isPending else { return }
    if facts.status.error?.code == .flowExpired { throw ServiceError(.flowExpired, FlowStatus.Failure.expired.message) }
    throw ServiceError(.conflict, "The flow has ended. Begin a new one.")
  }
}
