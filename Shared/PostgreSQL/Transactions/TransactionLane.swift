import Logging
import Synchronization

/// A connection for transactions as its borrower sees it: jobs in front of the thread that owns it.
final class TransactionLane: Sendable {
  struct Job: Sendable {
    enum Work: Sendable {
      /// One statement; `opening` goes before it when it is the first of its transaction.
      case statement(SQL, opening: [SQL])
      case script(String)
      case commit
      case rollback
    }

    var work: Work
    /// Which transaction it belongs to; numbers are never used again.
    var transaction: UInt64
    var created = Moment.now
    /// Whether the caller has gone, so that the statement may be stopped.
    var isAbandoned: @Sendable () -> Bool = { false }
    var completion: @Sendable (Result<[QueryResult], PostgresError>) -> Void
  }

  private struct State {
    var jobs = FIFO<Job>()
    var transactions: UInt64 = 0
    var stop = PipelineLane.Stop.none
  }

  let configuration: PostgresConfiguration
  let metrics: ClientMetrics
  let logger: Logger
  let wake = WakeUp()
  private let state = Mutex(State())

  init(_ configuration: PostgresConfiguration, metrics: ClientMetrics, logger: Logger) {
    self.configuration = configuration
    self.metrics = metrics
    self.logger = logger
  }

  func start() -> OwnThread {
    OwnThread(name: "postgres-tx") { TransactionWorker(self).run() }
  }

  func stop(drain: Bool) {
    state.withLock { $0.stop = drain ? .drain : .now }
    wake.signal()
  }

  var isStopping: Bool { state.withLock { $0.stop } != .none }
  var isStoppingNow: Bool { state.withLock { $0.stop } == .now }

  /// The next job, or nil when the thread should end. Blocks the calling thread.
  func nextJob() -> Job? {
    while true {
      let (job, stop) = state.withLock { ($0.jobs.popFirst(), $0.stop) }
      if let job { return job }
      if stop != .none {
        // Closed under the lock: a job added later is refused by `submit`.
        return state.withLock { state in
          if let late = state.jobs.popFirst() { return late }
          state.stop = .now
          return nil
        }
      }
      _ = Link.wait(-1, forReading: false, forWriting: false, wake: wake, milliseconds: -1)
    }
  }

  func pause(_ duration: Duration) {
    _ = Link.wait(-1, forReading: false, forWriting: false, wake: wake, milliseconds: duration.pollMilliseconds)
  }

  /// A number for a new transaction.
  func nextTransaction() -> UInt64 {
    state.withLock { state in
      state.transactions += 1
      return state.transactions
    }
  }

  /// Does a job and waits for it.
  ///
  /// - Parameter isCancellable: A COMMIT on its way is waited for, come what may: its outcome matters.
  func perform(
    _ work: Job.Work, in transaction: UInt64, isCancellable: Bool
  ) async throws -> [QueryResult] {
    let waiter = JobWaiter()
    guard isCancellable else {
      return try await waiter.wait { submit(Job(work: work, transaction: transaction, completion: waiter.complete)) }
    }
    return try await withTaskCancellationHandler {
      try await waiter.wait {
        submit(
          Job(
            work: work, transaction: transaction, isAbandoned: { waiter.isDone }, completion: waiter.complete))
      }
    } onCancel: {
      waiter.complete(.failure(.cancelled))
      wake.signal()
    }
  }

  func submit(_ job: Job) {
    let isOpen = state.withLock { state in
      // While draining, transactions that have begun may go on.
      guard state.stop != .now else { return false }
      state.jobs.append(job)
      return true
    }
    if isOpen { wake.signal() } else { job.completion(.failure(.shutDown)) }
  }
}

/// Who waits for one job; answered once.
final class JobWaiter: Sendable {
  private enum State {
    case new
    case waiting(CheckedContinuation<[QueryResult], any Error>)
    case done
  }

  private let state = Mutex<State>(.new)

  var isDone: Bool {
    state.withLock { if case .done = $0 { true } else { false } }
  }

  func wait(_ start: () -> Void) async throws -> [QueryResult] {
    try await withCheckedThrowingContinuation { continuation in
      let isOpen = state.withLock { state in
        guard case .new = state else { return false }
        state = .waiting(continuation)
        return true
      }
      if isOpen { start() } else { continuation.resume(throwing: PostgresError.cancelled) }
    }
  }

  @Sendable func complete(_ result: Result<[QueryResult], PostgresError>) {
    let continuation = state.withLock { state -> CheckedContinuation<[QueryResult], any Error>? in
      defer { state = .done }
      if case .waiting(let continuation) = state { return continuation }
      return nil
    }
    switch result {
    case .success(let results): continuation?.resume(returning: results)
    case .failure(let error): continuation?.resume(throwing: error)
    }
  }
}
