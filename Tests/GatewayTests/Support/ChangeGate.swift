import Foundation
import Model
import Synchronization

/// A stub of the change feed: polls wait until the test publishes a change, and the test can wait for polls.
final class ChangeGate: Sendable {
  private struct State {
    var changes: [Change] = []
    var isOpen = true
    var polls: [CheckedContinuation<Void, Never>] = []
    var watchers: [(after: Int64, continuation: CheckedContinuation<Void, Never>)] = []
    var newestPoll: Int64 = -1
  }

  private let state = Mutex(State())

  /// Answers a poll; nil while the feed is broken.
  func page(_ query: ChangeQuery) async -> ChangePage? {
    if let after = query.after { noticePoll(after) }
    while true {
      let (page, isOpen) = state.withLock { state -> (ChangePage?, Bool) in
        let last = Int64(state.changes.count)
        guard state.isOpen else { return (nil, false) }
        guard let after = query.after else { return (ChangePage(changes: [], last: last, complete: true), true) }
        let new = state.changes.filter { $0.sequence > after }
        return (new.isEmpty ? nil : ChangePage(changes: new, last: last, complete: true), true)
      }
      if page != nil || !isOpen { return page }
      await withCheckedContinuation { continuation in
        let mayWait = state.withLock { state -> Bool in
          guard state.isOpen, Int64(state.changes.count) <= query.after ?? 0 else { return false }
          state.polls.append(continuation)
          return true
        }
        if !mayWait { continuation.resume() }
      }
    }
  }

  /// Something of an organization changed. Returns when the gateway has taken it in.
  func publish(_ organizationId: OrganizationID) async {
    let (polls, sequence) = state.withLock { state in
      let sequence = Int64(state.changes.count) + 1
      state.changes.append(
        Change(sequence: sequence, organizationId: organizationId, kind: .organization, subject: nil))
      defer { state.polls = [] }
      return (state.polls, sequence)
    }
    for poll in polls { poll.resume() }
    await followed(to: sequence)
  }

  /// Returns once the gateway asks for what comes after a sequence number: it has taken in everything before.
  func followed(to sequence: Int64 = 0) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.newestPoll >= sequence { return true }
        state.watchers.append((sequence, continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }

  /// Breaks the feed for good.
  func close() {
    let waiting = state.withLock { state in
      state.isOpen = false
      defer { (state.polls, state.watchers) = ([], []) }
      return state.polls + state.watchers.map(\.continuation)
    }
    for poll in waiting { poll.resume() }
  }

  private func noticePoll(_ after: Int64) {
    let ready = state.withLock { state in
      state.newestPoll = max(state.newestPoll, after)
      let ready = state.watchers.filter { $0.after <= after }
      state.watchers.removeAll { $0.after <= after }
      return ready
    }
    for watcher in ready { watcher.continuation.resume() }
  }
}
