import Synchronization

/// The entries that wait for a batch, with the callers that wait for them. Bounded; closes once.
final class AuditQueue: Sendable {
  struct Waiting: Sendable {
    fileprivate let ticket: UInt64
    let row: AuditRow
    let caller: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var waiting: [Waiting] = []
    /// The chains of batches that have not ended.
    var busyChains: Set<String> = []
    var idleWorkers: [CheckedContinuation<Void, Never>] = []
    var nextTicket: UInt64 = 0
    var isClosed = false

    /// Whether a batch could be made.
    var isReady: Bool { waiting.contains { !busyChains.contains($0.row.chain) } }

    /// Takes the first entries of chains that are in no batch.
    mutating func take(_ limit: Int) -> [Waiting] {
      guard isReady else { return [] }
      var batch: [Waiting] = []
      var rest: [Waiting] = []
      for (index, entry) in waiting.enumerated() {
        guard batch.count < limit else {
          rest += waiting[index...]
          break
        }
        if busyChains.contains(entry.row.chain) { rest.append(entry) } else { batch.append(entry) }
      }
      waiting = rest
      busyChains.formUnion(batch.map(\.row.chain))
      return batch
    }
  }

  private let capacity: Int
  private let state = Mutex(State())

  init(capacity: Int) { self.capacity = capacity }

  /// Entries that wait for a batch.
  var count: Int { state.withLock { $0.waiting.count } }

  /// Workers that wait for entries.
  var idleCount: Int { state.withLock { $0.idleWorkers.count } }

  /// Returns when a worker has resumed the caller of this entry. A cancelled caller leaves at once, unless its entry is
  /// in a batch already: that is a matter of milliseconds, and the caller then knows the outcome.
  func append(_ row: AuditRow) async throws {
    let ticket = state.withLock { state in
      state.nextTicket += 1
      return state.nextTicket
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { caller in
        enqueue(Waiting(ticket: ticket, row: row, caller: caller))
        // The handler below may have run before the entry was there to be removed.
        if Task.isCancelled { withdraw(ticket) }
      }
    } onCancel: {
      withdraw(ticket)
    }
  }

  /// The next entries in the order of their arrival, of chains that are in no other batch; nil when the queue is closed and has none. What
  /// waits behind other batches is then left to the workers who have these.
  ///
  /// The worker says ``ended(_:)`` when it has written them.
  func nextBatch(limit: Int) async -> [Waiting]? {
    while true {
      let (batch, other, isClosed) = state.withLock { state in
        let batch = state.take(limit)
        return (batch, !batch.isEmpty && state.isReady ? state.idleWorkers.popLast() : nil, state.isClosed)
      }
      other?.resume()
      if !batch.isEmpty { return batch }
      if isClosed { return nil }
      await withCheckedContinuation { worker in
        // Looked at again under the lock that parks the worker: an entry may have arrived since.
        let goesOn = state.withLock { state in
          guard !state.isReady, !state.isClosed else { return true }
          state.idleWorkers.append(worker)
          return false
        }
        if goesOn { worker.resume() }
      }
    }
  }

  /// The batch's chains go on. The worker asks for its next batch, so none has to be woken.
  func ended(_ batch: [Waiting]) {
    state.withLock { state in for entry in batch { state.busyChains.remove(entry.row.chain) } }
  }

  /// Refuses further entries. What is waiting is still handed out.
  func close() {
    let workers = state.withLock { state in
      state.isClosed = true
      defer { state.idleWorkers = [] }
      return state.idleWorkers
    }
    for worker in workers { worker.resume() }
  }

  /// Closes, and turns away whoever still waits.
  func closeAndRefuseWaiting() {
    close()
    let waiting = state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    for entry in waiting { entry.caller.resume(throwing: AuditError.notRunning) }
  }

  private func enqueue(_ entry: Waiting) {
    let (refusal, worker) = state.withLock { state -> (AuditError?, CheckedContinuation<Void, Never>?) in
      if state.isClosed { return (.notRunning, nil) }
      if state.waiting.count >= capacity { return (.queueFull, nil) }
      state.waiting.append(entry)
      return (nil, state.busyChains.contains(entry.row.chain) ? nil : state.idleWorkers.popLast())
    }
    if let refusal { entry.caller.resume(throwing: refusal) }
    worker?.resume()
  }

  private func withdraw(_ ticket: UInt64) {
    let entry = state.withLock { state in
      state.waiting.firstIndex { $0.ticket == ticket }.map { state.waiting.remove(at: $0) }
    }
    entry?.caller.resume(throwing: CancellationError())
  }
}
