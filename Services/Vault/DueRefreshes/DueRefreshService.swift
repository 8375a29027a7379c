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
  /// Leases are answered together: the first of them must not grow old meanwhile.
  private static let longestBeginning = Duration.seconds(2)
  /// Seconds before an entry is tried again that could not be begun, such as a record that does not open. Callers are not kept from it.
  private static let pauseAfterFailure = 300.0
  /// Seconds between looks while a provider bears no more: its entries stay the oldest ones.
  private static let pauseAfterPostponed = 1.0
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
    guard !claim.entries.isEmpty else { return ([], claim.waitSeconds) }
    let begun = await begin(claim.entries, caller)
    try Task.checkCancellation()
    let due = begun.leases.compactMap(\.onItsWay)
    if begun.unneeded > 0 { await giveBack(begun.unneeded) }
    // Entries that needed nothing are out of the way now, and others may be behind them; those of a silent provider keep coming up.
    return (due, begun.postponed > 0 ? Self.pauseAfterPostponed : 0)
  }

  /// What came of the entries of a claim.
  private struct Begun {
    /// A lease, and since when it runs.
    struct Lease {
      var refresh: DueRefresh
      var since: ContinuousClock.Instant

      /// With the time that is left of it: it has run while others were begun. Nil for one that is over.
      var onItsWay: DueRefresh? {
        let left = Double(refresh.lease.leaseSeconds) - (ContinuousClock.now - since) / .seconds(1)
        var refresh = refresh
        refresh.lease.leaseSeconds = Int(left.rounded(.down))
        return left >= 1 ? refresh : nil
      }
    }

    var leases: [Lease] = []
    var unneeded = 0
    var postponed = 0
  }

  /// Begins one after the other, until the first one has waited long enough for its answer; the others come up again by themselves.
  private func begin(_ entries: [DueRefreshStore.Entry], _ caller: AuditEntry.Caller) async -> Begun {
    let started = ContinuousClock.now
    var begun = Begun()
    for entry in entries where !Task.isCancelled && ContinuousClock.now - started < Self.longestBeginning {
      let since = ContinuousClock.now
      do {
        switch try await begin(entry, caller) {
        case .given(let refresh): begun.leases.append(Begun.Lease(refresh: refresh, since: since))
        case .postponed: (begun.unneeded, begun.postponed) = (begun.unneeded + 1, begun.postponed + 1)
        case .unneeded: begun.unneeded += 1
        }
      } catch {
        // The leases that are given already must reach the caller. This one has cost its place, and is not tried again at once.
        logger.error("a due refresh could not be begun", metadata: ["type": "\(type(of: error))"])
        try? await store.putOff(entry, seconds: Self.pauseAfterFailure)
      }
    }
    return begun
  }

  private func giveBack(_ count: Int) async {
    do {
      try await store.giveBack(count)
    } catch {
      logger.warning("a place in the pace was lost", metadata: ["type": "\(type(of: error))"])
    }
  }

  /// What came of an entry.
  private enum Outcome {
    case given(DueRefresh)
    /// Its provider bears no more at the moment, or its client is refused.
    case postponed
    case unneeded
  }

  private func begin(_ entry: DueRefreshStore.Entry, _ caller: AuditEntry.Caller) async throws -> Outcome {
    guard let record = try await connections.find(entry.connection, in: entry.organization) else {
      try await store.forget(entry)
      return .unneeded
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
      if let lease = answer.lease { return .given(DueRefresh(connectionId: entry.connection, lease: lease)) }
      if let seconds = answer.retryAfter {
        try await store.putOff(entry, seconds: Double(seconds) * .random(in: Self.spread))
        return .postponed
      }
    }
    return .unneeded
  }
}
