import Metrics
import Model
import Synchronization

/// Tool calls on their way into the audit trail: those under way, which have a place reserved, and those that wait to be told. Bounded.
final class CallAuditQueue: Sendable {
  private struct State {
    /// Calls under way and calls that wait or are being told.
    var held = 0
    /// The same by organization.
    var heldBy: [OrganizationID: Int] = [:]
    var waiting: [OrganizationID: [ToolCallRecord]] = [:]
    /// Whose turn it is, so that one organization's calls do not hold up another's.
    var turns: [OrganizationID] = []
    var idle: [CheckedContinuation<Void, Never>] = []
    var isClosed = false
  }

  /// Calls of one organization, to be told together.
  struct Batch: Sendable {
    var organizationId: OrganizationID
    var calls: [ToolCallRecord]
  }

  /// A quarter of all places, half of what one organization can have: from here on workers do not wait for more.
  private static let scarceAt = 4

  private let capacity: Int
  private let places = Gauge(label: "mcp_unrecorded_calls")
  private let state = Mutex(State())

  init(capacity: Int) { self.capacity = capacity }

  /// Calls under way and calls that are not told yet.
  var count: Int { state.withLock { $0.held } }

  /// Reserves the place of a call that is about to be made. An organization has at most as many as are free, so one whose calls hang leaves
  /// half of all places to the others, and so on.
  ///
  /// - Returns: false when there is none: then the call is not made.
  func reserve(for organization: OrganizationID) -> Bool {
    state.withLock { state in
      guard state.heldBy[organization, default: 0] < capacity - state.held else { return false }
      state.held += 1
      state.heldBy[organization, default: 0] += 1
      places.record(state.held)
      return true
    }
  }

  /// Puts what became of a call into its place.
  func append(_ call: ToolCallRecord, of organization: OrganizationID) {
    let worker = state.withLock { state in
      if state.waiting[organization] == nil { state.turns.append(organization) }
      state.waiting[organization, default: []].append(call)
      return state.idle.popLast()
    }
    worker?.resume()
  }

  /// The calls that have waited longest, of one organization. Nil when the queue is closed and nothing waits.
  func next() async -> Batch? {
    while true {
      let (batch, isClosed) = state.withLock { state in (Self.take(&state), state.isClosed) }
      if let batch { return batch }
      if isClosed { return nil }
      await withCheckedContinuation { worker in
        // Looked at again under the lock that parks the worker: a call may have ended since.
        let goesOn = state.withLock { state in
          guard state.turns.isEmpty, !state.isClosed else { return true }
          state.idle.append(worker)
          return false
        }
        if goesOn { worker.resume() }
      }
    }
  }

  /// Whether so many workers are enough for what waits: none would take a full batch, and none a second organization's. Not where places are
  /// scarce, which calls under way need.
  func isQuiet(_ workers: Int) -> Bool {
    state.withLock { state in
      guard !state.isClosed, state.turns.count <= workers, state.held <= capacity / Self.scarceAt else { return false }
      return state.waiting.values.allSatisfy { $0.count < RecordToolCalls.maximumCount }
    }
  }

  private static func take(_ state: inout State) -> Batch? {
    guard let organization = state.turns.first, let calls = state.waiting[organization] else { return nil }
    state.turns.removeFirst()
    let batch = Array(calls.prefix(RecordToolCalls.maximumCount))
    let rest = Array(calls.dropFirst(batch.count))
    state.waiting[organization] = rest.isEmpty ? nil : rest
    if !rest.isEmpty { state.turns.append(organization) }
    return Batch(organizationId: organization, calls: batch)
  }

  /// These calls are on record, or never will be: their places are free.
  func free(_ batch: Batch) {
    state.withLock { state in
      state.held -= batch.calls.count
      let rest = state.heldBy[batch.organizationId, default: 0] - batch.calls.count
      state.heldBy[batch.organizationId] = rest > 0 ? rest : nil
      places.record(state.held)
    }
  }

  /// Nothing more is to come: workers end when nothing waits.
  func close() {
    let workers = state.withLock { state in
      state.isClosed = true
      defer { state.idle = [] }
      return state.idle
    }
    for worker in workers { worker.resume() }
  }
}
