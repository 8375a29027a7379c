import Foundation
import Model
import Synchronization

/// A question under way. One asked after a change never joins one asked before it: that answer may be out of date on arrival.
struct AskedQuestion<Question: Hashable & Sendable>: Hashable, Sendable {
  var question: Question
  var epoch: Int
}

/// Answers of the policy service, kept until they end or the change feed says that they may be wrong.
///
/// While the feed is lost nothing is kept at all: a rule change must take effect within one second, so an answer that nobody would withdraw
/// is not remembered. A value that was asked for before a change and arrives after it is not kept either.
final class FeedBoundCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry {
    var value: Value
    var organizationId: OrganizationID
    var expiresAt: Date
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var isFollowing = false
    /// Grows with every withdrawal; an answer belongs to the epoch in which it was asked for.
    var epoch = 0
  }

  private let state = Mutex(State())
  private let maximumCount: Int

  /// - Parameter maximumCount: entries kept at most; beyond it the cache starts empty again, which costs one question each.
  init(maximumCount: Int) { self.maximumCount = maximumCount }

  /// The kept value, if it is still good.
  func value(for key: Key, now: Date = .now) -> Value? {
    state.withLock { state in
      guard let entry = state.entries[key], entry.expiresAt > now else { return nil }
      return entry.value
    }
  }

  /// The epoch to hand to ``keep(_:for:organizationId:until:askedIn:)``; taken before the question is asked.
  var epoch: Int { state.withLock { $0.epoch } }

  /// For readiness: without the feed every call asks the policy service again, which works but is slow.
  ///
  /// - Throws: `unavailable` while the feed is lost.
  func requireFeed() throws {
    guard state.withLock({ $0.isFollowing }) else {
      throw ServiceError(.unavailable, "The change feed is not being followed.")
    }
  }

  /// Keeps an answer unless something changed since it was asked for.
  func keep(_ value: Value, for key: Key, organizationId: OrganizationID, until expiresAt: Date, askedIn epoch: Int) {
    state.withLock { state in
      guard state.isFollowing, state.epoch == epoch else { return }
      if state.entries.count >= maximumCount { state.entries.removeAll(keepingCapacity: true) }
      state.entries[key] = Entry(value: value, organizationId: organizationId, expiresAt: expiresAt)
    }
  }
}

extension FeedBoundCache: ChangeFollower {
  func organizationChanged(_ organizationId: OrganizationID) {
    state.withLock { state in
      state.epoch += 1
      state.entries = state.entries.filter { $0.value.organizationId != organizationId }
    }
  }

  func feedLost() {
    state.withLock { state in
      state.epoch += 1
      state.isFollowing = false
      state.entries.removeAll()
    }
  }

  func feedFollowed() {
    state.withLock { state in
      state.epoch += 1
      state.isFollowing = true
    }
  }
}
