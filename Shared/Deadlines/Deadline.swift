internal import Synchronization

/// The work took longer than it may.
public struct DeadlineExceeded: Error, Sendable {
  public init() {}
}

/// Runs work that is cancelled when its time is over, up to 50 ms late.
///
/// - Throws: ``DeadlineExceeded``, or what the work throws. Work that ignores cancellation is still waited for.
public func withDeadline<Value: Sendable>(
  _ duration: Duration, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withDeadline(.now + duration, work)
}

/// Runs work that is cancelled at a time, up to 50 ms late.
///
/// - Throws: ``DeadlineExceeded``, or what the work throws. Work that ignores cancellation is still waited for.
public func withDeadline<Value: Sendable>(
  _ end: ContinuousClock.Instant, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  // A task that can be cancelled alone; it is waited for below, and ends with its caller.
  let task = Task { try await work() }
  let isOver = Flag()
  let alarm = Alarms.shared.set(at: end) {
    isOver.raise()
    task.cancel()
  }
  defer { Alarms.shared.takeBack(alarm) }
  let result = await withTaskCancellationHandler {
    await task.result
  } onCancel: {
    task.cancel()
  }
  if isOver.isRaised { throw DeadlineExceeded() }
  return try result.get()
}

/// Pauses the task, up to 50 ms longer than said. Other than after `Task.sleep(for:)`, nothing is left of a pause that was cancelled.
///
/// - Throws: `CancellationError`.
public func pause(for duration: Duration) async throws {
  let sleeper = Sleeper()
  let alarm = Alarms.shared.set(at: .now + duration) { sleeper.wake() }
  defer { Alarms.shared.takeBack(alarm) }
  await withTaskCancellationHandler {
    await sleeper.sleep()
  } onCancel: {
    sleeper.wake()
  }
  try Task.checkCancellation()
}

private final class Flag: Sendable {
  private let value = Atomic(false)
  var isRaised: Bool { value.load(ordering: .acquiring) }
  func raise() { value.store(true, ordering: .releasing) }
}

/// Sleeps once, until somebody wakes it; not at all when that has happened before.
private final class Sleeper: Sendable {
  private enum State {
    case awake
    case asleep(CheckedContinuation<Void, Never>)
    case woken
  }

  private let state = Mutex(State.awake)

  func sleep() async {
    await withCheckedContinuation { continuation in
      let isWoken = state.withLock { state in
        guard case .awake = state else { return true }
        state = .asleep(continuation)
        return false
      }
      if isWoken { continuation.resume() }
    }
  }

  func wake() {
    let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
      defer { state = .woken }
      guard case .asleep(let continuation) = state else { return nil }
      return continuation
    }
    continuation?.resume()
  }
}
