import Synchronization

/// Takes the replicas of a peer in turn, and leaves out for a moment the ones that refused.
final class Replicas: Sendable {
  /// How long a replica that refused a connection is left alone: as long as a restart takes.
  static let rest = Duration.seconds(1)

  private struct State {
    var next = 0
    var restingUntil: [ContinuousClock.Instant?]
  }

  let addresses: [PeerAddress]
  private let state: Mutex<State>

  init(_ addresses: [PeerAddress]) {
    self.addresses = addresses
    state = Mutex(State(restingUntil: Array(repeating: nil, count: addresses.count)))
  }

  /// The index of the replica to ask now. When all are resting, the one that has rested longest.
  func pick(at now: ContinuousClock.Instant = .now) -> Int {
    state.withLock { state in
      let start = state.next
      state.next = (start + 1) % addresses.count
      let order = (0..<addresses.count).map { (start + $0) % addresses.count }
      if let awake = order.first(where: { state.restingUntil[$0].map { $0 <= now } ?? true }) { return awake }
      return order.min { left, right in
        (state.restingUntil[left] ?? now) < (state.restingUntil[right] ?? now)
      } ?? start
    }
  }

  func refused(_ index: Int, at now: ContinuousClock.Instant = .now) {
    state.withLock { $0.restingUntil[index] = now + Self.rest }
  }

  func answered(_ index: Int) {
    state.withLock { state in
      if state.restingUntil[index] != nil { state.restingUntil[index] = nil }
    }
  }
}
