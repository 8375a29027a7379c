internal import Synchronization

/// Calls that are to be made later, most of which are taken back before: time limits of work that ends in time.
///
/// A sleeping task costs a timer of the system that outlives its cancellation: a limit of minutes on a call of milliseconds is kept for
/// minutes. Here setting and taking back is an entry in a table, and one task looks at it, as long as there is anything in it.
final class Alarms: Sendable {
  /// How late an alarm may come. Limits are seconds, and a look at an almost empty table costs a few microseconds.
  static let tick = Duration.milliseconds(50)

  static let shared = Alarms()

  /// Names an alarm.
  struct ID: Hashable, Sendable {
    fileprivate let slot: Int
    fileprivate let number: Int
  }

  typealias Call = @Sendable () -> Void

  private struct State {
    /// Alarms by the tick at which they are due.
    var slots: [Int: [Int: Call]] = [:]
    var lastNumber = 0
    /// Everything up to this tick was called.
    var doneUntil = 0
    var isWatched = false
  }

  private let state = Mutex(State())
  private let origin = ContinuousClock.now

  /// Alarms that are set.
  var count: Int { state.withLock { $0.slots.values.reduce(0) { $0 + $1.count } } }

  /// Has a call made at a time, never before it. The call must be short: all others wait for it.
  func set(at time: ContinuousClock.Instant, _ call: @escaping Call) -> ID {
    let due = slot(of: time) + 1
    let (id, mustWatch) = state.withLock { state in
      let slot = max(due, state.doneUntil + 1)
      state.lastNumber += 1
      let id = ID(slot: slot, number: state.lastNumber)
      state.slots[slot, default: [:]][id.number] = call
      defer { state.isWatched = true }
      return (id, !state.isWatched)
    }
    if mustWatch { watch() }
    return id
  }

  /// Takes an alarm back; one that was called is left.
  func takeBack(_ id: ID) {
    // Freed outside of the lock.
    let call: Call? = state.withLock { state in
      guard let call = state.slots[id.slot]?.removeValue(forKey: id.number) else { return nil }
      if state.slots[id.slot]?.isEmpty == true { state.slots[id.slot] = nil }
      return call
    }
    _ = call
  }

  private func slot(of time: ContinuousClock.Instant) -> Int { Int((time - origin) / Self.tick) }

  private func watch() {
    Task.detached(priority: .high) {
      repeat { try? await Task.sleep(for: Self.tick) } while self.callWhatIsDue()
    }
  }

  /// - Returns: whether there is anything left to wait for.
  private func callWhatIsDue() -> Bool {
    let now = slot(of: .now)
    let (due, isWatched) = state.withLock { state in
      var due: [Call] = []
      // After a long pause of the process there are fewer slots than ticks that passed.
      for slot in state.slots.keys.filter({ $0 <= now }).sorted() {
        due += (state.slots.removeValue(forKey: slot) ?? [:]).values
      }
      state.doneUntil = max(state.doneUntil, now)
      state.isWatched = !state.slots.isEmpty
      return (due, state.isWatched)
    }
    for call in due { call() }
    return isWatched
  }
}
