import Deadlines
import Synchronization

/// Who may use which connection for transactions. One borrower per connection, first come first served.
final class TransactionPool: Sendable {
  private struct State {
    var idle: [TransactionLane]
    var waiters = FIFO<LaneWaiter>()
    var isClosed = false
  }

  private let state: Mutex<State>
  private let count: Int
  private let limits: PostgresConfiguration.Limits
  private let metrics: ClientMetrics

  init(_ lanes: [TransactionLane], limits: PostgresConfiguration.Limits, metrics: ClientMetrics) {
    state = Mutex(State(idle: lanes))
    count = lanes.count
    self.limits = limits
    self.metrics = metrics
  }

  /// A connection for the caller alone. Give it back with ``release(_:)``.
  /// - Throws: ``PostgresError/poolTimeout``, ``PostgresError/queueFull`` or ``PostgresError/cancelled``.
  func lease() async throws -> TransactionLane {
    let (lane, isClosed) = state.withLock { state in
      // The one idle longest is most likely dead: take the one used last.
      state.isClosed ? (nil, true) : (state.idle.popLast(), false)
    }
    if isClosed { throw PostgresError.shutDown }
    if let lane { return lane }
    return try await wait(limits.transactionWait)
  }

  /// Lends no more, and returns when every connection is back, at the latest after the drain time.
  func close() async {
    state.withLock { $0.isClosed = true }
    let deadline = Moment.now + limits.drain
    for _ in 0..<count {
      guard (try? await wait(Moment.now.duration(to: deadline))) != nil else { return }
    }
  }

  private func wait(_ duration: Duration) async throws -> TransactionLane {
    let waiter = LaneWaiter()
    return try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      group.addTask {
        try await pause(for: duration)
        waiter.fail(.poolTimeout)
      }
      defer { forget(waiter) }
      return try await withTaskCancellationHandler {
        try await waiter.wait { () throws(PostgresError) in try enqueue(waiter) }
      } onCancel: {
        waiter.fail(.cancelled)
      }
    }
  }

  func release(_ lane: TransactionLane) {
    state.withLock { state in
      while let waiter = state.waiters.popFirst() {
        if waiter.succeed(lane) { return }
      }
      state.idle.append(lane)
    }
  }

  private func enqueue(_ waiter: LaneWaiter) throws(PostgresError) {
    let (isFull, count) = state.withLock { state in
      guard state.waiters.count < limits.maximumQueue else { return (true, 0) }
      if let lane = state.idle.popLast() {
        if !waiter.succeed(lane) { state.idle.append(lane) }
      } else {
        state.waiters.append(waiter)
      }
      return (false, state.waiters.count)
    }
    if isFull { throw .queueFull }
    metrics.waiting(count)
  }

  private func forget(_ waiter: LaneWaiter) {
    let count = state.withLock { state in
      state.waiters.removeAll { $0 === waiter }
      return state.waiters.count
    }
    metrics.waiting(count)
  }
}

/// Who waits for a connection; answered once.
private final class LaneWaiter: Sendable {
  private enum State {
    case new
    case waiting(CheckedContinuation<TransactionLane, any Error>)
    case done
  }

  private let state = Mutex<State>(.new)

  func wait(_ start: () throws(PostgresError) -> Void) async throws -> TransactionLane {
    try await withCheckedThrowingContinuation { continuation in
      let isOpen = state.withLock { state in
        guard case .new = state else { return false }
        state = .waiting(continuation)
        return true
      }
      guard isOpen else { return continuation.resume(throwing: PostgresError.cancelled) }
      do throws(PostgresError) { try start() } catch { fail(error) }
    }
  }

  /// - Returns: false when nobody waits any more; the connection is still the caller's then.
  func succeed(_ lane: TransactionLane) -> Bool {
    guard let continuation = take() else { return false }
    continuation.resume(returning: lane)
    return true
  }

  func fail(_ error: PostgresError) { take()?.resume(throwing: error) }

  private func take() -> CheckedContinuation<TransactionLane, any Error>? {
    state.withLock { state in
      defer { state = .done }
      if case .waiting(let continuation) = state { return continuation }
      return nil
    }
  }
}
