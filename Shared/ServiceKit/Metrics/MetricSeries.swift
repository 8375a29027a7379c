import CoreMetrics
import Synchronization

/// One number, or one distribution, under one set of labels.
protocol MetricSeries: AnyObject, Sendable {
  func lines(name: String, labels: String) -> [String]
}

extension MetricSeries {
  static func braces(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }
}

final class CounterSeries: MetricSeries, CounterHandler {
  private let value = Atomic<Int64>(0)

  func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
  func reset() { value.store(0, ordering: .relaxed) }

  func lines(name: String, labels: String) -> [String] {
    ["\(name)\(Self.braces(labels)) \(value.load(ordering: .relaxed))"]
  }
}

final class FloatingPointCounterSeries: MetricSeries, FloatingPointCounterHandler {
  private let value = Mutex(0.0)

  func increment(by amount: Double) { value.withLock { $0 += amount } }
  func reset() { value.withLock { $0 = 0 } }

  func lines(name: String, labels: String) -> [String] { ["\(name)\(Self.braces(labels)) \(value.withLock { $0 })"] }
}

final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
  private let value = Mutex(0.0)

  func set(_ new: Int64) { set(Double(new)) }
  func set(_ new: Double) { value.withLock { $0 = new } }
  func record(_ new: Int64) { set(Double(new)) }
  func record(_ new: Double) { set(new) }
  func increment(by amount: Double) { value.withLock { $0 += amount } }
  func decrement(by amount: Double) { value.withLock { $0 -= amount } }

  func lines(name: String, labels: String) -> [String] { ["\(name)\(Self.braces(labels)) \(value.withLock { $0 })"] }
}

final class HistogramSeries: MetricSeries, RecorderHandler, TimerHandler {
  private struct State {
    var counts: [Int]
    var sum = 0.0
    var count = 0
  }

  private let bounds: [Double]
  private let state: Mutex<State>

  init(bounds: [Double]) {
    self.bounds = bounds
    state = Mutex(State(counts: Array(repeating: 0, count: bounds.count)))
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    let bucket = bounds.firstIndex { value <= $0 }
    state.withLock { state in
      if let bucket { state.counts[bucket] += 1 }
      state.sum += value
      state.count += 1
    }
  }

  func lines(name: String, labels: String) -> [String] {
    let state = state.withLock { $0 }
    let prefix = labels.isEmpty ? "" : "\(labels),"
    var cumulative = 0
    var lines: [String] = []
    for (bound, count) in zip(bounds, state.counts) {
      cumulative += count
      lines.append("\(name)_bucket{\(prefix)le=\"\(bound)\"} \(cumulative)")
    }
    lines.append("\(name)_bucket{\(prefix)le=\"+Inf\"} \(state.count)")
    lines.append("\(name)_sum\(Self.braces(labels)) \(state.sum)")
    lines.append("\(name)_count\(Self.braces(labels)) \(state.count)")
    return lines
  }
}
