import CLibPQ
import Logging
import Synchronization

/// The thread that alone owns one pipelined connection: sends units, matches results to requests, reconnects.
///
/// A unit is what lies between two Sync messages: one implicit transaction. Reads of the same context share one; a
/// write has its own. The next batch forms while the one before is on its way, without a timer.
final class PipelineWorker {
  typealias Item = PipelineLane.Item

  let lane: PipelineLane
  let limits: PostgresConfiguration.Limits
  /// What was sent, in order, and not yet answered in full.
  var slots = FIFO<Slot>()
  /// The result of the slot at the head, until the NULL that ends it.
  var headResult: HeadResult?
  /// A write's answer, withheld until its Sync: only then it is committed.
  var uncommitted: (Item, QueryResult)?
  /// An error that aborts the rest of the unit being received.
  var unitFault: PostgresError?
  var batchesInFlight = 0
  /// When a result came last, or when sending began on an idle connection.
  var lastProgress = Moment.now
  /// Whether the last attempt to connect failed in the TLS handshake; says why statements wait.
  private var isUntrusted = false
  private var drainDeadline: Moment?

  enum Slot {
    case prepare(PreparedStatement)
    case discard
    case context(PreparedStatement)
    case query(Item, PreparedStatement)
    case sync(endsBatch: Bool)
  }

  enum HeadResult {
    case rows(OpaquePointer)
    case aborted
    case failed(PostgresError)
    case stale(PostgresError)
  }

  init(_ lane: PipelineLane) {
    self.lane = lane
    limits = lane.configuration.limits
  }

  func run() {
    var backoff = Backoff(limits)
    var wasConnected = false
    while !shouldStop {
      let link: Link
      do throws(Link.Failure) {
        link = try Link.open(
          lane.configuration, for: lane.kind == .reads ? .reads : .writes, wake: lane.wake,
          shouldStop: { [self] in expire() || shouldStop })
      } catch {
        if error.isShutDown { break }
        isUntrusted = error.isUntrusted
        lane.metrics.connectFailed(error.message, lane.logger)
        pause(backoff.next())
        continue
      }
      if wasConnected { lane.metrics.reconnected() }
      wasConnected = true
      isUntrusted = false
      backoff.reset()
      serve(link)
      abandon()
    }
    finish()
  }

  // MARK: One connection

  /// Returns when the connection is lost or the lane has stopped.
  private func serve(_ link: Link) {
    while true {
      let taken = take()
      if !taken.isEmpty {
        if slots.isEmpty { lastProgress = .now }
        guard send(taken, over: link) else { return }
      }
      if isFinished { return }
      let flush = link.flush()
      guard flush != .failed else { return }
      let ready = link.wait(until: nextDeadline(), wake: lane.wake, forWriting: flush == .more)
      if ready == .socket {
        guard link.consumeInput(), receive(from: link) else { return }
      } else if ready == .timeout, isSilent {
        lane.logger.warning("database connection is silent, closing it", metadata: ["lane": "\(lane.kind.rawValue)"])
        return
      }
      _ = expire()
    }
  }

  /// Takes what may be sent now. Decides under the lock whether submitters have to wake this thread.
  private func take() -> [Item] {
    let (maximum, perBatch) = lane.kind == .reads ? (1, limits.readBatch) : (limits.writesInFlight, 1)
    let room = (maximum - batchesInFlight) * perBatch
    return lane.state.withLock { state in
      var items: [Item] = []
      while items.count < room, let item = state.queue.popFirst() { items.append(item) }
      // With no room the next result wakes the thread, and it looks here again.
      state.isParked = room > 0 && state.queue.isEmpty
      return items
    }
  }

  private var isSilent: Bool {
    !slots.isEmpty && lastProgress.duration(to: .now) > limits.statement + limits.silence
  }

  private func nextDeadline() -> Moment? {
    var deadline = slots.isEmpty ? nil : lastProgress + limits.statement + limits.silence
    if let first = lane.state.withLock({ $0.queue.first }) {
      deadline = min(deadline ?? .now + limits.queue, first.request.created + limits.queue)
    }
    if let drainDeadline { deadline = min(deadline ?? drainDeadline, drainDeadline) }
    return deadline
  }

  // MARK: Waiting and ending

  /// Answers what has waited too long. Always false, so that it can be part of a condition.
  private func expire() -> Bool {
    let oldest = Moment.now - limits.queue
    let late = lane.state.withLock { state in
      var late: [Item] = []
      // Oldest first: the queue is in order of arrival, but for a few that were sent before.
      while let first = state.queue.first, first.request.created < oldest || first.request.isAnswered {
        if let item = state.queue.popFirst() { late.append(item) }
      }
      return late
    }
    for item in late { fail(item, isUntrusted ? .untrustedServer : .timeout) }
    return false
  }

  private func pause(_ duration: Duration) {
    let end = Moment.now + duration
    while .now < end, !shouldStop {
      _ = expire()
      let rest = min(Moment.now.duration(to: end), .milliseconds(100))
      // -1: poll ignores it, so only the wake-up and the time count.
      _ = Link.wait(-1, forReading: false, forWriting: false, wake: lane.wake, milliseconds: rest.pollMilliseconds)
    }
  }

  /// Without a connection there is nothing to drain to: any stop ends the attempts.
  private var shouldStop: Bool { lane.state.withLock { $0.stop } != .none }

  /// Whether a connected worker may leave.
  private var isFinished: Bool {
    let (stop, isEmpty) = lane.state.withLock { ($0.stop, $0.queue.isEmpty) }
    switch stop {
    case .none: return false
    case .now: return true
    case .drain:
      let deadline = drainDeadline ?? .now + limits.drain
      drainDeadline = deadline
      return (isEmpty && slots.isEmpty) || .now >= deadline
    }
  }

  private func finish() {
    let left = lane.state.withLock { state in
      state.stop = .now
      return state.queue.removeAll()
    }
    for item in left { fail(item, .shutDown) }
  }

  /// After a lost connection: a read is sent again once, the outcome of a write on its way is unknown.
  private func abandon() {
    if case .rows(let handle)? = headResult { PQclear(handle) }
    headResult = nil
    unitFault = nil
    batchesInFlight = 0
    var again: [Item] = []
    for slot in slots.removeAll() {
      guard case .query(let item, _) = slot else { continue }
      switch lane.kind {
      case .writes: fail(item, .outcomeUnknown)
      case .reads where item.resends == 0: again.append(Item(request: item.request, resends: 1))
      case .reads: fail(item, .connectionLost)
      }
    }
    if let (item, _) = uncommitted { fail(item, .outcomeUnknown) }
    uncommitted = nil
    requeue(again)
  }

  func requeue(_ items: [Item]) {
    guard !items.isEmpty else { return }
    lane.state.withLock { $0.queue.prepend(contentsOf: items) }
  }

  func fail(_ item: Item, _ error: PostgresError) {
    lane.metrics.finished(item.request.created, error: error)
    item.request.fail(error)
  }

  func succeed(_ item: Item, _ result: QueryResult) {
    lane.metrics.finished(item.request.created, error: nil)
    item.request.succeed(result)
  }
}
