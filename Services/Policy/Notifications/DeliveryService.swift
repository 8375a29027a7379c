import FoundationEssentials
import Logging
import Model
import PostgreSQL
import ServiceKit
import ServiceLifecycle

/// Gives messages out to the exchanger, which alone talks to the outside, and writes down what became of them.
struct DeliveryService: Sendable {
  /// Messages given out at once: each is a call to the vault for its signature.
  private static let largestClaim = 32
  /// Seconds that a claim waits at most; below the exchanger's timeout.
  private static let longestWaitSeconds = 25
  /// Between two looks while nothing is due: what comes due by its time is not announced.
  private static let lookInterval: Duration = .seconds(1)
  /// A stable word of the exchanger's.
  private static let problemBytes = 64
  /// Nothing was sent, since the vault could not sign. It is no attempt's fault.
  private static let unsigned = "signature_unavailable"

  let store: DeliveryStore
  let vault: Vault
  let now: @Sendable () -> Date
  let logger: Logger

  /// Messages that are due, signed. Waits for some as long as the caller wishes.
  func claim(_ request: ClaimNotifications) async throws -> [DueNotification] {
    guard (1...Self.largestClaim).contains(request.limit), (0...Self.longestWaitSeconds).contains(request.waitSeconds)
    else { throw ServiceError(.invalidRequest, "limit or waitSeconds is out of bounds.") }
    let deadline = ContinuousClock.now + .seconds(request.waitSeconds)
    while true {
      let claims = try await store.claim(limit: request.limit)
      if !claims.isEmpty { return await messages(claims) }
      let left = ContinuousClock.now.duration(to: deadline)
      guard left > .zero, !Task.isShuttingDownGracefully else { return [] }
      try await Task.sleep(for: min(left, Self.lookInterval))
    }
  }

  /// Writes down how an attempt ended. A late report about an earlier attempt changes nothing.
  func report(_ report: ReportNotification) async throws {
    guard report.problem?.utf8.count ?? 0 <= Self.problemBytes else {
      throw ServiceError(.invalidRequest, "problem must be a word of at most \(Self.problemBytes) bytes.")
    }
    let claim = DeliveryStore.Claim(
      organizationId: report.organizationId, webhookId: report.webhookId, id: report.id, attempt: report.attempt)
    switch report.outcome {
    case .delivered:
      try await store.end(claim, .init(state: .delivered, status: report.status))
    case .refused:
      try await store.end(claim, .init(state: .dead, status: report.status, problem: report.problem))
    case .failed:
      try await postpone(claim, report.status, report.problem)
    }
  }

  private func messages(_ claims: [DeliveryStore.Claim]) async -> [DueNotification] {
    await withTaskGroup(of: DueNotification?.self) { group in
      for claim in claims { group.addTask { await message(claim) } }
      return await group.reduce(into: []) { messages, message in
        if let message { messages.append(message) }
      }
    }
  }

  /// Nil for one that cannot be sent now; it is written down why.
  private func message(_ claim: DeliveryStore.Claim) async -> DueNotification? {
    do {
      guard let (url, event) = try await store.message(claim) else {
        try await store.end(claim, .init(state: .dead, problem: "webhook_off"))
        return nil
      }
      let body = try event.body(of: claim.organizationId)
      let timestamp = Int64(now().timeIntervalSince1970)
      let signature = try await vault.sign(
        SignWebhook(webhookId: claim.webhookId, id: claim.id, timestamp: timestamp, body: body),
        of: claim.organizationId)
      return DueNotification(
        organizationId: claim.organizationId, webhookId: claim.webhookId, id: claim.id, attempt: claim.attempt,
        url: url, timestamp: timestamp, signature: signature, body: body)
    } catch {
      logger.warning("a notification could not be prepared", metadata: ["error": "\(type(of: error))"])
      // If this fails too, the claim ends by itself.
      try? await postpone(claim, nil, Self.unsigned)
      return nil
    }
  }

  private func postpone(_ claim: DeliveryStore.Claim, _ status: Int?, _ problem: String?) async throws {
    guard let series = try await store.series(claim) else { return }
    let next = DeliverySchedule.next(
      after: series.attempts, began: series.began, now: now(), jitter: .random(in: 0..<1))
    try await store.end(
      claim, .init(state: next == nil ? .dead : .pending, dueAt: next, status: status, problem: problem))
  }
}
