import Foundation
import Model
import Synchronization

/// A question under way. One asked after a change never joins one asked before it: that answer may be out of date on arrival.
struct AskedQuestion<Question: Hashable & Sendable>: Hashable, Sendable {
  var question: Question
  var epoch: Int
}

/// Answers of other services, kept until they end or a change feed says that they may be wrong.
///
/// While a feed is lost nothing is kept at all: a rule change must take effect within one second, so an answer that nobody would withdraw
/// is not remembered. A value that was asked for before a change and arrives after it is not kept either.
final class FeedBoundCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry {
    var value: Value
    var organizationId: OrganizationID
    var expiresAt: Date
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var followed: Set<ServiceName> = []
    /// Grows with every withdrawal; an answer belongs to the epoch in which it was asked for.
    var epoch = 0
  }

  private let state = Mutex(State())
  private let maximumCount: Int
  private let feeds: Set<ServiceName>

  /// - Parameters:
  ///   - maximumCount: entries kept at most; beyond it the cache starts empty again, which costs one question each.
  ///   - feeds: the services whose changes can make an answer wrong.
  init(maximumCount: Int, feeds: Set<ServiceName> = [.policy]) {
    self.maximumCount = maximumCount
    self.feeds = feeds
  }

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
    guard state.withLock({ $0.followed.isSuperset(of: feeds) }) else {
      throw ServiceError(.unavailable, "The change feed is not being followed.")
    }
  }

  /// Keeps an answer unless something changed since it was asked for.
  func keep(_ value: Value, for key: Key, organizationId: OrganizationID, until expiresAt: Date, askedIn epoch: Int) {
    state.withLock { state in
      guard state.followed.isSuperset(of: feeds), state.epoch == epoch else { return }
      if state.entries.count >= maximumCount { state.entries.removeAll(keepingCapacity: true) }
      state.entries[key] = Entry(value: value, organizationId: organizationId, expiresAt: expiresAt)
    }
  }

  /// Forgets one answer, if it is one of these.
  func drop(_ key: Key, where isMeant: (Value) -> Bool = { _ in true }) {
    state.withLock { state in
      guard let entry = state.entries[key], isMeant(entry.value) else { return }
      state.entries[key] = nil
    }
  }

  /// Lets go of everything that ends before a time. What has ended is never given out; this is about memory.
  func dropEnding(before time: Date) {
    state.withLock { state in
      guard state.entries.contains(where: { $0.value.expiresAt < time }) else { return }
      state.entries = state.entries.filter { $0.value.expiresAt >= time }
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

  func feedLost(_ source: ServiceName) {
    state.withLock { state in
      state.epoch += 1
      state.followed.remove(source)
      state.entries.removeAll()
    }
  }

  func feedFollowed(_ source: ServiceName) {
    state.withLock { state in
      state.epoch += 1
      state.followed.insert(source)
    }
  }
}
