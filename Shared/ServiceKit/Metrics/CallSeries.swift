import CoreMetrics
import Metrics
import Synchronization

/// A count and a duration per kind of call. Each series is made once: finding one by its labels costs more than counting.
final class CallSeries: Sendable {
  private struct Key: Hashable {
    let subject: String
    let route: String
    let outcome: String
  }

  private let name: String
  private let subjectLabel: String
  private let outcomeLabel: String
  private let metrics: any MetricsFactory
  private let known = Mutex<[Key: (count: Counter, duration: Timer)]>([:])

  /// - Parameters:
  ///   - name: `<name>s` counts, `<name>_duration` measures.
  ///   - subject: the label beside the route, for example `method`.
  ///   - outcome: the label of the count alone, for example `status`.
  init(name: String, subject: String, outcome: String, metrics: any MetricsFactory) {
    self.name = name
    subjectLabel = subject
    outcomeLabel = outcome
    self.metrics = metrics
  }

  /// All three values must be from a small, closed set.
  func record(subject: String, route: String, outcome: String, since start: ContinuousClock.Instant) {
    let (count, timer) = known.withLock { known in
      let key = Key(subject: subject, route: route, outcome: outcome)
      if let series = known[key] { return series }
      let labels = [(subjectLabel, subject), ("route", route)]
      let series = (
        count: Counter(label: "\(name)s", dimensions: labels + [(outcomeLabel, outcome)], factory: metrics),
        duration: Timer(label: "\(name)_duration", dimensions: labels, factory: metrics)
      )
      known[key] = series
      return series
    }
    count.increment()
    timer.recordNanoseconds(Int64(start.duration(to: .now) / .nanoseconds(1)))
  }
}
