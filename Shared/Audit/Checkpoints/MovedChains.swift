import Synchronization

/// The chains that were added to since they were last signed, as one process knows them.
///
/// An entry that shares a transaction is in its chain only when that commits, which this process is not told. Such a chain stays here for as long
/// as a transaction may take.
final class MovedChains: Sendable {
  /// Longer than any statement limit: what is not committed by then never is.
  private static let longestTransaction: Duration = .seconds(120)

  fileprivate struct State {
    var isWatched = false
    var moved: Set<String> = []
    /// Since when a transaction may add to the chain.
    var pending: [String: ContinuousClock.Instant] = [:]
    var entries = 0
    var limit = Int.max
    var signal: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  /// Begins to collect, and calls back whenever `limit` entries were added since the last ``take(at:)``.
  func watch(limit: Int, signal: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.isWatched = true
      state.limit = limit
      state.signal = signal
    }
  }

  /// Chains to which a commit has added entries.
  func note(_ chains: some Sequence<String>, entries: Int) {
    let signal = state.withLock { state -> (@Sendable () -> Void)? in
      guard state.isWatched else { return nil }
      state.moved.formUnion(chains)
      return state.count(entries)
    }
    signal?()
  }

  /// A chain to which a transaction adds an entry when it commits.
  func noteUncommitted(_ chain: String, at now: ContinuousClock.Instant = .now) {
    let signal = state.withLock { state -> (@Sendable () -> Void)? in
      guard state.isWatched else { return nil }
      state.pending[chain] = now
      return state.count(1)
    }
    signal?()
  }

  /// The chains to look at. Those that a transaction may still add to are given again next time.
  func take(at now: ContinuousClock.Instant = .now) -> Set<String> {
    state.withLock { state in
      let chains = state.moved.union(state.pending.keys)
      state.moved = []
      state.pending = state.pending.filter { $0.value.duration(to: now) < Self.longestTransaction }
      state.entries = 0
      return chains
    }
  }
}

extension MovedChains.State {
  /// What to call when the limit is reached, outside the lock.
  fileprivate mutating func count(_ added: Int) -> (@Sendable () -> Void)? {
    entries += added
    guard entries >= limit else { return nil }
    entries = 0
    return signal
  }
}
