import Foundation
import Model
import Synchronization

/// A stub of the change feed: polls wait until the test publishes a change, and the test can wait for polls.
final class ChangeGate: Sendable {
  private struct State {
    var changes: [Change] = []
    var isOpen = true
    var polls: [UUID: CheckedContinuation<Void, Never>] = [:]
    var watchers: [(after: Int64, continuation: CheckedContinuation<Void, Never>)] = []
    var newestPoll: Int64 = -1
  }

  private let state = Mutex(State())

  /// Answers a poll, empty when nothing comes within its time; nil while the feed is broken.
  func page(_ query: ChangeQuery) async -> ChangePage? {
    if let after = query.after { noticePoll(after) }
    let deadline = ContinuousClock.now + .seconds(query.waitSeconds)
    while true {
      let isOver = ContinuousClock.now >= deadline
      let (page, isOpen) = state.withLock { state -> (ChangePage?, Bool) in
        let last = Int64(state.changes.count)
        guard state.isOpen else { return (nil, false) }
        guard let after = query.after else { return (ChangePage(changes: [], last: last, complete: true), true) }
        let new = state.changes.filter { $0.sequence > after }
        return (new.isEmpty && !isOver ? nil : ChangePage(changes: new, last: last, complete: true), true)
      }
      if page != nil || !isOpen { return page }
      await wait(after: query.after ?? 0, until: deadline)
    }
  }

  private func wait(after sequence: Int64, until deadline: ContinuousClock.Instant) async {
    let poll = UUID()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        try? await Task.sleep(until: deadline)
        self.state.withLock { $0.polls.removeValue(forKey: poll) }?.resume()
      }
      await withCheckedContinuation { continuation in
        let mayWait = state.withLock { state -> Bool in
          let hasNews = Int64(state.changes.count) > sequence
          guard state.isOpen, !hasNews, ContinuousClock.now < deadline else { return false }
          state.polls[poll] = continuation
          return true
        }
        if !mayWait { continuation.resume() }
      }
      group.cancelAll()
    }
  }

  /// Something of an organization changed. Returns when the gateway has taken it in.
  func publish(_ organizationId: OrganizationID) async {
    let (polls, sequence) = state.withLock { state in
      let sequence = Int64(state.changes.count) + 1
      state.changes.append(
        Change(sequence: sequence, organizationId: organizationId, kind: .organization, subject: nil))
      defer { state.polls = [:] }
      return (state.polls, sequence)
    }
    for poll in polls.values { poll.resume() }
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
      defer { (state.polls, state.watchers) = ([:], []) }
      return Array(state.polls.values) + state.watchers.map(\.continuation)
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
