import Logging
import Synchronization

/// A pipelined connection as its callers see it: a bounded queue in front of the thread that owns it.
final class PipelineLane: Sendable {
  enum Kind: String { case reads, writes }

  enum Stop { case none, drain, now }

  /// A request with what happened to it so far.
  struct Item {
    var request: Request
    /// How often it was sent again after it had been lost or refused without being executed.
    var resends = 0
    /// It must be alone in its unit, where no neighbour's error can abort it.
    var isAlone = false
  }

  struct State {
    var queue = FIFO<Item>()
    /// The thread waits, or is about to, and would not notice new items by itself.
    var isParked = false
    var stop = Stop.none
  }

  let kind: Kind
  let configuration: PostgresConfiguration
  let metrics: ClientMetrics
  let logger: Logger
  let wake = WakeUp()
  let state = Mutex(State())

  init(_ kind: Kind, _ configuration: PostgresConfiguration, metrics: ClientMetrics, logger: Logger) {
    self.kind = kind
    self.configuration = configuration
    self.metrics = metrics
    self.logger = logger
  }

  func start() -> OwnThread {
    OwnThread(name: "postgres-\(kind.rawValue)") {
      PipelineWorker(self).run()
    }
  }

  func query(_ sql: SQL, in context: SessionContext?) async throws -> QueryResult {
    try sql.check(inTransaction: false)
    return try await Request(sql, in: context).answer(submit: submit)
  }

  private func submit(_ request: Request) {
    enum Outcome { case queued, queuedAndParked, full, stopped }
    let outcome: Outcome = state.withLock { state in
      guard state.stop == .none else { return .stopped }
      guard state.queue.count < configuration.limits.maximumQueue else { return .full }
      state.queue.append(Item(request: request))
      // Cleared here so that only the first of many submitters pays for the wake-up.
      defer { state.isParked = false }
      return state.isParked ? .queuedAndParked : .queued
    }
    switch outcome {
    case .queued: break
    case .queuedAndParked: wake.signal()
    case .full: request.fail(.queueFull)
    case .stopped: request.fail(.shutDown)
    }
  }

  /// - Parameter drain: Answer what is queued first.
  func stop(drain: Bool) {
    state.withLock { $0.stop = drain ? .drain : .now }
    wake.signal()
  }
}
