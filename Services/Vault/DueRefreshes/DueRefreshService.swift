import Audit
import Deadlines
import Logging
import Model
import ServiceLifecycle

/// Gives exchangers the refreshes that are due, ahead of those who will need the tokens.
///
/// This is the only way to a refresh token without a grant, so it is narrow: only Connections that are due and in use, or whose refresh token
/// would be forgotten, and no more of them than the rate allows, over all vaults. From the lease on it is a refresh like any other.
struct DueRefreshService: Sendable {
  let store: DueRefreshStore
  let connections: ConnectionStore
  let refreshes: RefreshService
  /// Refreshes given out per second by all vaults; 0 for none.
  let perSecond: Int
  /// A Connection that was not used for longer is left alone.
  let usedWithinSeconds: Double
  let logger: Logger

  /// What one exchanger works off within the life of a lease.
  private static let maximumLimit = 50
  /// Seconds beyond the lease after which an entry comes up again, if nobody has seen to it.
  private static let holdReserveSeconds = 5.0
  /// How much longer than the weather says an entry may wait, in parts of it: not all of them at once.
  private static let spread = 1.0...2.0

  func claim(_ request: ClaimRefreshes, by caller: AuditEntry.Caller) async throws -> [DueRefresh] {
    guard (1...Self.maximumLimit).contains(request.limit) else {
      throw ServiceError(.invalidRequest, "limit must be from 1 to \(Self.maximumLimit).")
    }
    let patience = try Patience(seconds: request.waitSeconds)
    while true {
      let found = try await claimDue(request.limit, caller)
      guard found.refreshes.isEmpty, !Announcements.isDraining, let rest = patience.nextRare() else {
        return found.refreshes
      }
      // Nobody waits for what is due minutes ahead of its time, so there is no announcement of it.
      let wait = found.waitSeconds.map { min(.seconds($0), rest) } ?? rest
      if wait > .zero { await cancelWhenGracefulShutdown { try? await pause(for: wait) } }
      try Task.checkCancellation()
    }
  }

  /// - Returns: with the refreshes, how long to wait for more when there are none; nil for as long as one likes.
  private func claimDue(
    _ limit: Int, _ caller: AuditEntry.Caller
  ) async throws -> (refreshes: [DueRefresh], waitSeconds: Double?) {
    guard perSecond > 0 else { return ([], nil) }
    let claim = try await store.claim(
      limit: limit, perSecond: Double(perSecond),
      holdSeconds: Double(refreshes.leaseSeconds) + Self.holdReserveSeconds)
    var due: [DueRefresh] = []
    for entry in claim.entries {
      do {
        if let refresh = try await begin(entry, caller) { due.append(refresh) }
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        // The leases that are given already must reach the caller. This one comes up again.
        logger.error("a due refresh could not be begun", metadata: ["type": "\(type(of: error))"])
      }
    }
    let unneeded = claim.entries.count - due.count
    if unneeded > 0 { try await store.giveBack(unneeded) }
    // Entries that needed nothing are out of the way now, and others may be behind them.
    return (due, claim.entries.isEmpty ? claim.waitSeconds : 0)
  }

  private func begin(_ entry: DueRefreshStore.Entry, _ caller: AuditEntry.Caller) async throws -> DueRefresh? {
    guard let record = try await connections.find(entry.connection, in: entry.organization) else {
      try await store.forget(entry)
      return nil
    }
    let step = try RefreshSchedule.step(
      entry.reason, generation: entry.generation, record, usedWithinSeconds: usedWithinSeconds,
      jitter: .random(in: 0..<1))
    switch step {
    case .forget: try await store.forget(entry)
    case .move(let schedule): try await store.move(entry, to: schedule, generation: record.generation)
    case .wait: break
    case .refresh:
      let answer = try await refreshes.begin(record, for: entry.reason, by: caller)
      if let lease = answer.lease { return DueRefresh(connectionId: entry.connection, lease: lease) }
      if let seconds = answer.retryAfter {
        try await store.putOff(entry, seconds: Double(seconds) * .random(in: Self.spread))
      }
    }
    return nil
  }
}
