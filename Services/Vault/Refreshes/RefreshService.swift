import Audit
import FailPoints
import FoundationEssentials
import Model
import PostgreSQL
import Sealing

/// The refresh protocol: one lease per expiry, an intent before the provider call, a commit that only the lease's holder can make.
///
/// The first transaction also proves that the database can be written before a single-use refresh token is spent.
struct RefreshService: Sendable {
  let database: PostgresClient
  let store: RefreshStore
  let due: DueRefreshStore
  let connections: ConnectionStore
  let secrets: ClientSecretReader
  let standing: ClientStanding
  let records: RecordSealer
  let audit: AuditWriter
  let weather: WeatherService
  let rule: RefreshRule
  /// How long a lease lasts: longer than the hardest deadline of a provider call.
  let leaseSeconds: Int
  /// How old a token must be to be refreshed ahead of its time.
  let forcedMinimumSeconds: Double

  /// Bytes of a stable word.
  private static let maximumReasonBytes = 64

  // MARK: Begin

  func begin(_ request: BeginRefresh, under authority: Authority) async throws -> RefreshLease {
    let reach = try authority.releaseReach()
    guard let record = try await connections.find(request.connectionId, in: authority.organization),
      record.connection.status != .revoked
    else { throw ServiceError.connectionNotFound }
    try authority.require(record, within: reach)
    if let answer = notNow(record, force: request.force) { return answer }
    return try await leaseOrPostpone(record, .caller(authority))
  }

  /// Begins the refresh of a Connection that is due without anyone asking.
  func begin(
    _ record: ConnectionRecord, for reason: RefreshSchedule.Reason, by caller: AuditEntry.Caller
  ) async throws -> RefreshLease {
    try await leaseOrPostpone(record, .queue(reason, caller))
  }

  private func leaseOrPostpone(_ record: ConnectionRecord, _ asker: RefreshAsker) async throws -> RefreshLease {
    do {
      return try await lease(record, asker)
    } catch let postponed as Postponed {
      if postponed.isWeather, asker.priority == .caller { await weather.noteSentAway(record) }
      return RefreshLease(state: .postponed, reason: postponed.reason, retryAfter: postponed.retryAfter)
    }
  }

  /// Takes a lease back that must not be used yet.
  private struct Postponed: Error {
    let retryAfter: Int
    var reason: String?
    /// Whether the provider bears no more; otherwise it is about the client.
    var isWeather: Bool { reason == nil }
  }

  /// Why there is nothing to do; nil when there is. A plain read, so that a crowd does not queue for transactions.
  private func notNow(_ record: ConnectionRecord, force: Bool) -> RefreshLease? {
    switch record.connection.status {
    case .needsReauthorization:
      return RefreshLease(state: .impossible, reason: record.connection.reason ?? "needs_reauthorization")
    case .paused: return RefreshLease(state: .impossible, reason: "paused")
    case .revoked: return RefreshLease(state: .impossible, reason: "revoked")
    case .active, .degraded, .configError: break
    }
    guard record.isRefreshable else { return RefreshLease(state: .impossible, reason: RefusalReason.noRefreshToken) }
    if record.isLeased { return RefreshLease(state: .inProgress) }
    if rule.state(of: record) == .refreshDue { return nil }
    let isForced = force && rule.mayBeForced(record, minimumSeconds: forcedMinimumSeconds)
    return isForced ? nil : RefreshLease(state: .notDue)
  }

  private func lease(_ record: ConnectionRecord, _ asker: RefreshAsker) async throws -> RefreshLease {
    let organization = record.organizationId
    let given = try await records.transaction(of: organization, on: database) { transaction, keys in
      guard let fence = try await store.lease(record, seconds: leaseSeconds, transaction: transaction),
        let sealed = record.sealedTokens
      else { return RefreshLease(state: .inProgress) }
      // Before the audit rows, as everywhere: locks that are taken crosswise wait for each other.
      if let seconds = try await standing.waitSeconds(record, leaseSeconds: leaseSeconds, in: transaction) {
        throw Postponed(retryAfter: seconds, reason: RefreshLease.clientRefused)
      }
      let secret = try await secrets.live(
        of: record.connection.integrationId, in: organization, with: keys, transaction: transaction)
      try await store.intend(
        record, fence: fence, secretVersion: secret?.versions.current, seconds: leaseSeconds, transaction: transaction)
      // Opened before the commit: a record that does not open must not leave a lease behind.
      let tokens = try TokenRecord(plaintext: try keys.open(sealed, at: record.tokensAddress))
      try await audit.append(asker.begun(record, fence: fence), in: transaction)
      try await FailPoint.leaseWritten.pass(about: record.id.rawValue)
      let wait = try await place(for: record, asker.priority, transaction)
      return RefreshLease(
        state: .leased,
        lease: RefreshLease.Lease(
          fence: fence, generation: record.generation, organizationId: organization,
          integrationId: record.connection.integrationId, refreshToken: tokens.refreshToken.map { WireSecret($0) },
          // The access token goes along only where there is nothing else to renew with.
          accessToken: tokens.refreshToken == nil ? WireSecret(tokens.accessToken) : nil,
          clientSecret: secret?.secret, grantedScopes: record.connection.scopes, metadata: try record.metadata(),
          leaseSeconds: leaseSeconds, waitMilliseconds: wait, secretVersions: secret?.versions))
    }
    try await FailPoint.leaseGiven.pass(about: record.id.rawValue)
    return given
  }

  /// A place among the calls to the provider: milliseconds to wait for it, nil for none. Only the holder of the lease takes one, and it is
  /// given back with the lease.
  private func place(
    for record: ConnectionRecord, _ priority: ProviderWeather.Priority, _ transaction: PostgresTransaction
  ) async throws -> Int? {
    switch try await weather.admit(record, priority, in: transaction) {
    case .go(afterSeconds: 0): return nil
    case .go(let seconds): return Int((seconds * 1_000).rounded(.up))
    case .later(let seconds): throw Postponed(retryAfter: max(Int(seconds.rounded(.up)), 1))
    }
  }

  // MARK: Commit

  func commit(_ request: CommitRefresh, by caller: AuditEntry.Caller) async throws -> RefreshCommitment {
    let lease = request.lease
    guard request.tokens.accessToken.secret.expose({ !$0.isEmpty }) else {
      throw ServiceError(.invalidRequest, "The access token is empty.")
    }
    switch try await store.attempt(lease) {
    case nil: throw ServiceError(.conflict, "There is no such lease.")
    // The answer to the first commit was lost on its way: the same answer again.
    case .committed: return RefreshCommitment(state: .committed, generation: lease.generation + 1)
    case .superseded:
      let record = try await connections.find(lease.connectionId, in: lease.organizationId)
      return try await superseded(lease, record)
    case .intended, .failed, .outcomeUnknown, .abandoned: break
    }
    guard let record = try await connections.find(lease.connectionId, in: lease.organizationId),
      record.generation == lease.generation, record.fence == lease.fence, let sealed = record.sealedTokens
    else { return try await supersede(lease, caller) }
    let old = try TokenRecord(plaintext: try await records.open(sealed, at: record.tokensAddress))
    // No refresh token in the answer means: keep the old one (RFC 6749 section 6).
    let new = TokenRecord(
      accessToken: request.tokens.accessToken.secret,
      refreshToken: request.tokens.refreshToken?.secret ?? old.refreshToken)
    let generation = lease.generation + 1
    let address = RecordAddress.tokens(
      of: record.id.rawValue, organization: record.organizationId.rawValue, generation: generation)
    let tokens = SealedTokens(
      sealed: try await records.seal(new.plaintext, at: address), generation: generation,
      hasRefreshToken: new.refreshToken != nil)
    let metadata = try record.metadata().merging(request.tokens.metadata) { _, latest in latest }
    let isCommitted = try await keepingLease(lease) { transaction in
      guard
        try await store.commit(lease, tokens, request.tokens, metadata: metadata, transaction: transaction)
      else { return false }
      try await store.end(lease, as: .committed, transaction: transaction)
      try await due.schedule(
        RefreshSchedule(
          receivedAt: .now, expiresAt: request.tokens.expiresAt, idleDays: RefreshSchedule.idleDays(metadata),
          jitter: .random(in: 0..<1)),
        of: record.id, generation: generation, in: lease.organizationId, transaction: transaction)
      try await transaction.announce(.connection(record.id.rawValue))
      try await audit.append(
        AuditEntry(
          .refreshCommitted, on: .connection(record.id), in: lease.organizationId, for: record.connection.userId,
          scope: record.connection.scope, by: caller,
          details: [
            "fence": String(lease.fence), "generation": String(generation),
            "rotated": String(request.tokens.refreshToken != nil),
          ]),
        in: transaction)
      try await FailPoint.tokensWritten.pass(about: record.id.rawValue)
      return true
    }
    await weather.note(record, nil)
    await standing.note(request.secrets, of: record.client, in: .refresh(lease))
    guard isCommitted else { return try await supersede(lease, caller) }
    try await FailPoint.tokensStored.pass(about: record.id.rawValue)
    return RefreshCommitment(state: .committed, generation: generation)
  }

  /// Runs the transaction of a commit. When the database refuses it, the lease is made to last, each time that the exchanger tries again:
  /// the provider has answered, and another exchanger that came with the old refresh token would spend it a second time.
  private func keepingLease(
    _ lease: LeaseReference, _ body: nonisolated(nonsending) (PostgresTransaction) async throws -> Bool
  ) async throws -> Bool {
    do {
      return try await database.change(in: lease.organizationId, body)
    } catch let error as PostgresError where error.isRefusal {
      try await store.keep(lease, seconds: leaseSeconds)
      throw error
    }
  }

  private func supersede(_ lease: LeaseReference, _ caller: AuditEntry.Caller) async throws -> RefreshCommitment {
    let record = try await connections.find(lease.connectionId, in: lease.organizationId)
    try await database.change(in: lease.organizationId) { transaction in
      try await store.end(lease, as: .superseded, transaction: transaction)
      try await audit.append(
        AuditEntry(
          .refreshSuperseded, on: .connection(lease.connectionId), in: lease.organizationId,
          for: record?.connection.userId, scope: record?.connection.scope, by: caller, outcome: .refused,
          details: ["fence": String(lease.fence), "generation": String(lease.generation)]),
        in: transaction)
    }
    return try await superseded(lease, record)
  }

  /// The Connection itself counts too: whoever moved it on, a consent or another refresh, did so within the same grant at the provider.
  private func superseded(_ lease: LeaseReference, _ record: ConnectionRecord?) async throws -> RefreshCommitment {
    guard let record else { return RefreshCommitment(state: .superseded, generation: lease.generation) }
    let sharesGrant = try await connections.isGrantHeld(
      account: record.connection.providerAccountId, among: [record.connection.integrationId],
      in: lease.organizationId)
    return RefreshCommitment(
      state: .superseded, generation: record.generation, sharesGrant: sharesGrant ? true : nil)
  }

  // MARK: Fail

  func fail(_ request: FailRefresh, by caller: AuditEntry.Caller) async throws {
    let lease = request.lease
    guard !request.reason.isEmpty, request.reason.utf8.count <= Self.maximumReasonBytes else {
      throw ServiceError(.invalidRequest, "reason must be a word of 1 to \(Self.maximumReasonBytes) bytes.")
    }
    guard let attempt = try await store.attempt(lease) else {
      throw ServiceError(.conflict, "There is no such lease.")
    }
    guard attempt == .intended || attempt == .abandoned else { return }
    let before = try await connections.find(lease.connectionId, in: lease.organizationId)
    let consequence = RefreshConsequence(
      request, failures: before?.failures ?? 0, unknownOutcomes: before?.unknownOutcomes ?? 0,
      jitter: .random(in: 0..<1))
    try await database.change(in: lease.organizationId) { transaction in
      if let before, let secrets = request.secrets, request.isClientRefusal {
        try await standing.store.refusedAltogether(
          secrets.refused, reason: request.reason, of: before.client, in: .refresh(lease), transaction: transaction)
      }
      // A lease that has passed to somebody else changes nothing: an invalid_grant there is about a token that is history.
      let record = try await store.release(lease, consequence, transaction: transaction)
      try await store.end(
        lease, as: consequence.isUnknown ? .outcomeUnknown : .failed, reason: request.reason, transaction: transaction)
      try await transaction.announce(.connection(lease.connectionId.rawValue))
      try await audit.append(
        AuditEntry(
          .refreshFailed, on: .connection(lease.connectionId), in: lease.organizationId,
          for: before?.connection.userId, scope: before?.connection.scope, by: caller, outcome: .failed,
          details: [
            "class": request.failure.rawValue, "reason": request.reason, "fence": String(lease.fence),
            "current": String(record != nil),
          ]),
        in: transaction)
      try await FailPoint.failureWritten.pass(about: lease.connectionId.rawValue)
    }
    guard let before else { return }
    await weather.note(before, request)
    await standing.note(request.secrets, of: before.client, in: .refresh(lease))
  }
}

extension ConnectionRecord {
  /// Where the tokens are sealed.
  var tokensAddress: RecordAddress {
    .tokens(of: id.rawValue, organization: organizationId.rawValue, generation: generation)
  }
}

extension PostgresError {
  /// The database lives and does not want this: something else may still be written.
  fileprivate var isRefusal: Bool {
    // Class 57: it is being stopped, or has stopped the statement.
    guard let state = sqlState else { return false }
    return state.errorClass != "57"
  }
}
