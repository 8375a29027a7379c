import Synchronization

/// The faults that wait, in the order in which they were asked for.
final class FaultList: Sendable {
  /// A fault with what is left of it.
  struct Waiting: Codable, Sendable, Equatable {
    var id: Int
    var fault: Fault
    var remaining: Int
  }

  private struct State {
    var waiting: [Waiting] = []
    var nextID = 1
  }

  private let state = Mutex(State())

  func add(_ fault: Fault) throws(OAuthError) -> Waiting {
    guard fault.problems.isEmpty else { throw OAuthError(.invalidRequest, fault.problems.joined(separator: "; ")) }
    return try state.withLock { (state) throws(OAuthError) in
      guard state.waiting.count < Limits.faults else {
        throw OAuthError(.temporarilyUnavailable, "Too many faults are waiting. Clear them.")
      }
      let waiting = Waiting(id: state.nextID, fault: fault, remaining: fault.times ?? 1)
      state.nextID += 1
      state.waiting.append(waiting)
      return waiting
    }
  }

  /// The first fault that fits, used once. Nil when the request may succeed.
  func take(
    _ endpoint: ProviderEndpoint, grantType: String?, where fits: (Fault) -> Bool = { !$0.changesAuthorizationAnswer }
  ) -> Fault? {
    state.withLock { state in
      let index = state.waiting.firstIndex { waiting in
        let fault = waiting.fault
        return fault.endpoint == endpoint && (fault.grantType == nil || fault.grantType == grantType) && fits(fault)
      }
      guard let index else { return nil }
      let fault = state.waiting[index].fault
      state.waiting[index].remaining -= 1
      if state.waiting[index].remaining == 0 { state.waiting.remove(at: index) }
      return fault
    }
  }

  var all: [Waiting] { state.withLock { $0.waiting } }

  /// Clears every fault, or one. Returns how many went.
  @discardableResult
  func clear(_ id: Int? = nil) -> Int {
    state.withLock { state in
      let before = state.waiting.count
      state.waiting.removeAll { id == nil || $0.id == id }
      return before - state.waiting.count
    }
  }
}
