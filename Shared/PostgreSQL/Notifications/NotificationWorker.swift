import CLibPQ
import Logging

/// The thread that owns the listening connection. It connects when somebody listens.
final class NotificationWorker {
  private let lane: NotificationLane
  private let limits: PostgresConfiguration.Limits

  init(_ lane: NotificationLane) {
    self.lane = lane
    limits = lane.configuration.limits
  }

  func run() {
    var backoff = Backoff(limits)
    var wasConnected = false
    while !lane.isStopped {
      guard lane.hasSubscribers else {
        pause(nil)
        continue
      }
      do throws(Link.Failure) {
        let link = try Link.open(
          lane.configuration, for: .notifications, wake: lane.wake, shouldStop: { [lane] in lane.isStopped })
        if wasConnected { lane.metrics.reconnected() }
        wasConnected = true
        backoff.reset()
        serve(link)
        lane.disconnected()
      } catch {
        if error.isShutDown { break }
        lane.metrics.connectFailed(error.message, lane.logger)
        pause(backoff.next())
      }
    }
    lane.finish()
  }

  private func pause(_ duration: Duration?) {
    _ = Link.wait(
      -1, forReading: false, forWriting: false, wake: lane.wake, milliseconds: duration?.pollMilliseconds ?? -1)
  }

  /// Returns when the connection is lost or the client stops.
  private func serve(_ link: Link) {
    var heartbeat = Moment.now + limits.heartbeat
    while !lane.isStopped {
      let changes = lane.changes()
      for channel in changes.begin {
        guard run("LISTEN \(channel.name)", over: link) else { return }
        lane.began(channel)
      }
      for channel in changes.end {
        guard run("UNLISTEN \(channel.name)", over: link) else { return }
        lane.ended(channel)
      }
      let isBeating = Moment.now >= heartbeat
      if isBeating {
        guard run("SELECT 1", over: link) else { return }
        heartbeat = .now + limits.heartbeat
        lane.deliverMissed()
      }
      // Whoever called meanwhile, to listen or to stop, was heard by the wait for the answer and calls no second time.
      guard changes.begin.isEmpty, changes.end.isEmpty, !isBeating else {
        deliver(from: link)
        continue
      }
      if link.wait(until: heartbeat, wake: lane.wake, forWriting: false) == .socket {
        guard link.consumeInput(), link.isAlive else { return }
      }
      deliver(from: link)
    }
  }

  private func deliver(from link: Link) {
    while let (channel, payload) = link.notification() { lane.deliver(.message(payload: payload), to: channel) }
  }

  /// Runs a command of this class's own. False when it failed or the connection is lost.
  private func run(_ command: String, over link: Link) -> Bool {
    guard link.sendScript(command) else { return false }
    let deadline = Moment.now + limits.statement + limits.silence
    var isDone = true
    while true {
      let flush = link.flush()
      guard flush != .failed else { return false }
      if flush == .done, !link.isBusy {
        guard let handle = link.nextResult() else { break }
        if case .error = ResultVerdict(handle) { isDone = false }
        PQclear(handle)
        guard link.isAlive else { return false }
        continue
      }
      switch link.wait(until: deadline, wake: lane.wake, forWriting: flush == .more) {
      case .socket: guard link.consumeInput() else { return false }
      case .woken: if lane.isStopped { return false }
      case .timeout: return false
      }
    }
    return isDone && link.endScript()
  }
}
