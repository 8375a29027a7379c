import Audit
import Logging
import Model
import PostgreSQL
import Sealing

/// Gives the exchanger revocation work that a grant allowed when it was begun, at a bounded rate, and takes its reports.
struct TaskService: Sendable {
  let database: PostgresClient
  let store: TaskStore
  let secrets: ClientSecretReader
  let records: RecordSealer
  let announcements: Announcements
  let audit: AuditWriter
  let rate: RateLimit
  let logger: Logger

  /// Tasks per claim: what one exchanger works off within the life of a claim.
  private static let maximumLimit = 50
  /// After a day without an answer the honest state is "failed".
  private static let giveUpSeconds = 86_400.0
  private static let firstPauseSeconds = 2.0
  private static let longestPauseSeconds = 900.0
  /// A provider's own wish is followed up to an hour.
  private static let longestRetryAfterSeconds = 3_600
  private static let maximumReasonBytes = 64

  func claim(_ request: ClaimRevocations, by caller: AuditEntry.Caller) async throws -> [RevocationTask] {
    guard (1...Self.maximumLimit).contains(request.limit) else {
      throw ServiceError(.invalidRequest, "limit must be from 1 to \(Self.maximumLimit).")
    }
    var patience = try Patience(seconds: request.waitSeconds)
    return try await announcements.listening(to: .revocations) { listening in
      while true {
        let tasks = try await claimDue(request.limit, caller)
        guard tasks.isEmpty, !Announcements.isDraining, let pause = patience.next() else { return tasks }
        await listening.wait(atMost: pause)
        try Task.checkCancellation()
      }
    }
  }

  private func claimDue(_ limit: Int, _ caller: AuditEntry.Caller) async throws -> [RevocationTask] {
    var tasks: [RevocationTask] = []
    for item in try await DueWork.revocation.due(limit: limit, database: database) {
      guard rate.take() else { break }
      do {
        if let task = try await claim(item, caller) { tasks.append(task) }
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        // The tasks that are claimed already must reach the caller, and the others must not wait behind this one.
        logger.error("revocation task could not be claimed", metadata: ["type": "\(type(of: error))"])
        await putOff(item)
      }
    }
    return tasks
  }

  private func putOff(_ item: DueWork.Item) async {
    do {
      try await database.transaction(in: VaultSchema.context(item.organization)) { transaction in
        try await store.putOff(item, transaction: transaction)
      }
    } catch {
      // It stays due and is looked at again.
      logger.warning("revocation task not put off", metadata: ["type": "\(type(of: error))"])
    }
  }

  private func claim(_ item: DueWork.Item, _ caller: AuditEntry.Caller) async throws -> RevocationTask? {
    let organization = OrganizationID(rawValue: item.organization)
    return try await records.transaction(of: organization, on: database) { transaction, keys in
      guard let claimed = try await store.claim(item, transaction: transaction) else { return nil }
      let tokens: TokenRecord
      do {
        let address = RecordAddress.tokens(
          of: claimed.connectionId.rawValue, organization: item.organization, generation: claimed.tokenGeneration)
        tokens = try TokenRecord(plaintext: try keys.open(claimed.sealedTokens, at: address))
      } catch SealingError.cannotOpen {
        // Nobody can tell the provider any more.
        try await giveUp(claimed, "record_does_not_open", organization, caller, transaction)
        return nil
      }
      let secret: ClientSecretReader.Opened?
      do {
        secret = try await secrets.live(
          of: claimed.integrationId, in: organization, with: keys, transaction: transaction)
      } catch SealingError.cannotOpen {
        try await giveUp(claimed, "client_secret_does_not_open", organization, caller, transaction)
        return nil
      }
      try await audit.append(
        AuditEntry(
          .revocationClaimed, on: .connection(claimed.connectionId), in: organization, for: claimed.userId, by: caller,
          details: ["fence": String(claimed.fence), "attempt": String(claimed.attempts)]),
        in: transaction)
      return RevocationTask(
        organizationId: organization, connectionId: claimed.connectionId, integrationId: claimed.integrationId,
        providerAccountId: claimed.providerAccountId, fence: claimed.fence,
        refreshToken: tokens.refreshToken.map { WireSecret($0) },
        accessToken: WireSecret(tokens.accessToken), clientSecret: secret?.secret,
        metadata: try Stored.value(claimed.metadataText), attempts: claimed.attempts,
        secretVersions: secret?.versions)
    }
  }

  private func giveUp(
    _ task: ClaimedTask, _ reason: String, _ organization: OrganizationID, _ caller: AuditEntry.Caller,
    _ transaction: PostgresTransaction
  ) async throws {
    let report = ReportRevocation(
      organizationId: organization, connectionId: task.connectionId, fence: task.fence, state: .failed,
      reason: reason, retryAfter: nil)
    try await store.finish(report, as: .failed, transaction: transaction)
    try await audit.append(Self.entry(report, .failed, of: task.userId, caller), in: transaction)
  }

  /// What the provider said. A report of an older claim changes nothing.
  func finish(_ report: ReportRevocation, by caller: AuditEntry.Caller) async throws {
    if let reason = report.reason, reason.utf8.count > Self.maximumReasonBytes {
      throw ServiceError(.invalidRequest, "reason must be a word of at most \(Self.maximumReasonBytes) bytes.")
    }
    try await database.change(in: report.organizationId) { transaction in
      guard let task = try await store.lock(report, transaction: transaction) else { return }
      let state: RevocationReport.State =
        report.state == .pending && task.ageSeconds > Self.giveUpSeconds ? .failed : report.state
      if state == .pending {
        try await store.postpone(
          report, seconds: Self.pause(report, attempts: task.attempts), transaction: transaction)
      } else {
        try await store.finish(report, as: state, transaction: transaction)
      }
      try await audit.append(Self.entry(report, state, of: task.person, caller), in: transaction)
    }
  }

  private static func pause(_ report: ReportRevocation, attempts: Int) -> Double {
    let wish = Double(min(max(report.retryAfter ?? 0, 0), longestRetryAfterSeconds))
    let doubled = firstPauseSeconds * Double(1 << min(max(attempts - 1, 0), 10))
    return max(wish, min(doubled, longestPauseSeconds) * .random(in: 0.5...1))
  }

  private static func entry(
    _ report: ReportRevocation, _ state: RevocationReport.State, of person: UserID?, _ caller: AuditEntry.Caller
  ) -> AuditEntry {
    var details = ["state": state.rawValue, "fence": String(report.fence)]
    if let reason = report.reason { details["reason"] = reason }
    let failed = state == .pending || state == .failed
    return AuditEntry(
      .revocationFinished, on: .connection(report.connectionId), in: report.organizationId, for: person, by: caller,
      outcome: failed ? .failed : .succeeded, details: details)
  }
}
