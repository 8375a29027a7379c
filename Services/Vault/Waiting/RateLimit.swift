import Synchronization

/// A token bucket: so many per second, and as many at once as one second gives.
final class RateLimit: Sendable {
  private struct State {
    var available: Double
    var last: ContinuousClock.Instant
  }

  private let perSecond: Double
  private let state: Mutex<State>

  init(perSecond: Double) {
    self.perSecond = perSecond
    state = Mutex(State(available: perSecond, last: .now))
  }

  /// Takes one if there is one.
  func take(at now: ContinuousClock.Instant = .now) -> Bool {
    state.withLock { state in
      let gained = state.last.duration(to: now) / .seconds(1) * perSecond
      state.available = min(perSecond, state.available + max(gained, 0))
      state.last = now
      guard state.available >= 1 else { return false }
      state.available -= 1
      return true
    }
  }
}
