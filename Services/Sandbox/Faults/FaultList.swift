import Synchronization

/// The faults that wait, in the order in which they were asked for.
final class FaultList: Sendable {
  /// A fault with what is left of it.
  struct Waiting: Codable, Sendable, Equatable {
    var id: Int
    var fault: Fault
    var remaining: Int
  }

  fileprivate struct State {
    /// Requests that a fault with `every` has let pass since it struck last, by the fault's id.
    var passed: [Int: Int] = [:]
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
    _ endpoint: ProviderEndpoint, grantType: String?, clientID: String?,
    where isMeant: (Fault) -> Bool = { !$0.changesAuthorizationAnswer }
  ) -> Fault? {
    state.withLock { state in
      let index = state.waiting.indices.first(where: { index in
        let fault = state.waiting[index].fault
        guard fault.fits(endpoint, grantType: grantType, clientID: clientID), isMeant(fault) else { return false }
        return state.isTurn(of: state.waiting[index])
      })
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
      state.passed = state.passed.filter { entry in state.waiting.contains { $0.id == entry.key } }
      return before - state.waiting.count
    }
  }
}

extension FaultList.State {
  /// Whether a fault that fits strikes this request, or lets it pass and counts it.
  fileprivate mutating func isTurn(of waiting: FaultList.Waiting) -> Bool {
    guard let every = waiting.fault.every, every > 1 else { return true }
    let seen = passed[waiting.id, default: 0] + 1
    passed[waiting.id] = seen % every
    return seen == every
  }
}
