import Logging
import Synchronization

/// The listening connection as its subscribers see it.
final class NotificationLane: Sendable {
  struct Subscriber: Sendable {
    var continuation: AsyncStream<PostgresNotification>.Continuation
    /// Its buffer was full: it has to hear that it missed something before anything else.
    var hasMissed = false
  }

  private struct State {
    var subscribers: [NotificationChannel: [UInt64: Subscriber]] = [:]
    var nextIdentifier: UInt64 = 0
    /// Channels that the connection listens to.
    var listening: Set<NotificationChannel> = []
    var isStopped = false
  }

  let configuration: PostgresConfiguration
  let metrics: ClientMetrics
  let logger: Logger
  let wake = WakeUp()
  private let state = Mutex(State())

  init(_ configuration: PostgresConfiguration, metrics: ClientMetrics, logger: Logger) {
    self.configuration = configuration
    self.metrics = metrics
    self.logger = logger
  }

  func start() -> OwnThread {
    OwnThread(name: "postgres-listen") { NotificationWorker(self).run() }
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    wake.signal()
  }

  var isStopped: Bool { state.withLock { $0.isStopped } }
  var hasSubscribers: Bool { state.withLock { !$0.subscribers.isEmpty } }

  func subscribe(to channel: NotificationChannel) -> AsyncStream<PostgresNotification> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: PostgresNotification.self, bufferingPolicy: .bufferingOldest(configuration.limits.notificationBuffer))
    let identifier = state.withLock { state -> UInt64? in
      guard !state.isStopped else { return nil }
      state.nextIdentifier += 1
      state.subscribers[channel, default: [:]][state.nextIdentifier] = Subscriber(continuation: continuation)
      // Who joins later starts with the same word as everyone else.
      if state.listening.contains(channel) { continuation.yield(.reconnected) }
      return state.nextIdentifier
    }
    guard let identifier else {
      continuation.finish()
      return stream
    }
    continuation.onTermination = { [weak self] _ in self?.unsubscribe(identifier, from: channel) }
    wake.signal()
    return stream
  }

  private func unsubscribe(_ identifier: UInt64, from channel: NotificationChannel) {
    state.withLock { state in
      state.subscribers[channel]?[identifier] = nil
      if state.subscribers[channel]?.isEmpty == true { state.subscribers[channel] = nil }
    }
    wake.signal()
  }

  /// Channels to begin and to end listening to.
  func changes() -> (begin: [NotificationChannel], end: [NotificationChannel]) {
    state.withLock { state in
      let wanted = Set(state.subscribers.keys)
      return (Array(wanted.subtracting(state.listening)), Array(state.listening.subtracting(wanted)))
    }
  }

  func began(_ channel: NotificationChannel) {
    state.withLock { _ = $0.listening.insert(channel) }
    deliver(.reconnected, to: channel)
  }

  func ended(_ channel: NotificationChannel) { state.withLock { _ = $0.listening.remove(channel) } }

  /// The connection is gone, and with it every channel.
  func disconnected() { state.withLock { $0.listening = [] } }

  func deliver(_ notification: PostgresNotification, to channel: String) {
    guard let known = state.withLock({ $0.subscribers.keys.first { $0.name == channel } }) else { return }
    deliver(notification, to: known)
  }

  private func deliver(_ notification: PostgresNotification, to channel: NotificationChannel) {
    let subscribers = state.withLock { $0.subscribers[channel] ?? [:] }
    for (identifier, subscriber) in subscribers {
      let hasMissed = !Self.yield(notification, to: subscriber)
      guard hasMissed != subscriber.hasMissed else { continue }
      state.withLock { $0.subscribers[channel]?[identifier]?.hasMissed = hasMissed }
    }
  }

  /// Tells subscribers whose buffer was full that they missed something, as soon as there is room.
  func deliverMissed() {
    let channels = state.withLock { state in
      state.subscribers.filter { $0.value.values.contains { $0.hasMissed } }.map(\.key)
    }
    for channel in channels { deliver(.reconnected, to: channel) }
  }

  private static func yield(_ notification: PostgresNotification, to subscriber: Subscriber) -> Bool {
    if subscriber.hasMissed, notification != .reconnected {
      guard case .enqueued = subscriber.continuation.yield(.reconnected) else { return false }
    }
    if case .dropped = subscriber.continuation.yield(notification) { return false }
    return true
  }

  func finish() {
    let all = state.withLock { state in
      state.isStopped = true
      return state.subscribers.values.flatMap(\.values)
    }
    for subscriber in all { subscriber.continuation.finish() }
  }
}
