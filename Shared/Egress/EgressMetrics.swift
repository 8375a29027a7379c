internal import Metrics
internal import Synchronization

/// Counts requests by outcome. The label's values are few and fixed.
final class EgressMetrics: Sendable {
  private let counters = Mutex<[String: Counter]>([:])
  private let duration = Timer(label: "lanyard_egress_request_duration")

  func record(_ outcome: String, since start: ContinuousClock.Instant) {
    let counter = counters.withLock { counters in
      if let known = counters[outcome] { return known }
      let made = Counter(label: "lanyard_egress_requests", dimensions: [("outcome", outcome)])
      counters[outcome] = made
      return made
    }
    counter.increment()
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    duration.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}
