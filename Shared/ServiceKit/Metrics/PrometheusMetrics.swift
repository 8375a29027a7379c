public import CoreMetrics
import Synchronization

/// A metrics backend that keeps its numbers in memory and shows them in Prometheus' text format (version 0.0.4).
///
/// Names get the prefix `lanyard_`; counters end in `_total`, timers become histograms in seconds.
public final class PrometheusMetrics: MetricsFactory {
  /// The media type of the text.
  public static let mediaType = "text/plain; version=0.0.4; charset=utf-8"
  /// Upper bounds of duration buckets in seconds: from a row read to a provider call.
  public static let durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  /// Upper bounds of buckets for plain values such as batch sizes and bytes.
  public static let valueBuckets = [1.0, 2, 5, 10, 25, 50, 100, 250, 1_000, 10_000, 100_000, 1_000_000]
  /// Label combinations that one name may have: beyond that something unbounded was made a label, and memory would grow with it.
  public static let maximumSeriesPerName = 1_000

  enum Kind: String { case counter, gauge, histogram }

  struct Family {
    let kind: Kind
    var series: [String: any MetricSeries] = [:]
  }

  private struct State {
    var families: [String: Family] = [:]
    var dropped = 0
  }

  private let state = Mutex(State())

  public init() {}

  // MARK: Reading

  /// Everything, as Prometheus reads it.
  public func text() -> String {
    let (families, dropped) = state.withLock { ($0.families, $0.dropped) }
    var lines: [String] = []
    for (name, family) in families.sorted(by: { $0.key < $1.key }) {
      lines.append("# TYPE \(name) \(family.kind.rawValue)")
      for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
        lines += series.lines(name: name, labels: labels)
      }
    }
    lines.append("# TYPE lanyard_metrics_dropped_series_total counter")
    lines.append("lanyard_metrics_dropped_series_total \(dropped)")
    return (lines + ProcessMetrics.lines()).joined(separator: "\n") + "\n"
  }

  // MARK: MetricsFactory

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    series(MetricName.counter(label), .counter, dimensions) { CounterSeries() }
  }

  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    series(MetricName.counter(label), .counter, dimensions) { FloatingPointCounterSeries() }
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(MetricName.plain(label), .gauge, dimensions) { GaugeSeries() }
  }

  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    if aggregate {
      series(MetricName.plain(label), .histogram, dimensions) { HistogramSeries(bounds: Self.valueBuckets) }
    } else {
      series(MetricName.plain(label), .gauge, dimensions) { GaugeSeries() }
    }
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    series(MetricName.timer(label), .histogram, dimensions) { HistogramSeries(bounds: Self.durationBuckets) }
  }

  // Series stay: a counter that vanishes and returns at zero reads as a restart.
  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  public func destroyMeter(_ handler: any MeterHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  public func destroyTimer(_ handler: any TimerHandler) {}

  private func series<Series: MetricSeries>(
    _ name: String, _ kind: Kind, _ dimensions: [(String, String)], _ make: () -> Series
  ) -> Series {
    let labels = MetricName.labels(dimensions)
    return state.withLock { state in
      var family = state.families[name] ?? Family(kind: kind)
      if let known = family.series[labels] as? Series { return known }
      let new = make()
      guard family.kind == kind, family.series[labels] == nil, family.series.count < Self.maximumSeriesPerName else {
        // It counts for whoever holds it and is not shown.
        state.dropped += 1
        return new
      }
      family.series[labels] = new
      state.families[name] = family
      return new
    }
  }
}

/// Names and labels in Prometheus' alphabet.
enum MetricName {
  static func plain(_ label: String) -> String {
    let name = String(label.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    return name.hasPrefix("lanyard_") ? name : "lanyard_\(name)"
  }

  static func counter(_ label: String) -> String {
    let name = plain(label)
    return name.hasSuffix("_total") ? name : "\(name)_total"
  }

  static func timer(_ label: String) -> String {
    let name = plain(label)
    return name.hasSuffix("_seconds") ? name : "\(name)_seconds"
  }

  /// `a="1",b="2"`, ordered by name.
  static func labels(_ dimensions: [(String, String)]) -> String {
    dimensions.sorted { $0.0 < $1.0 }.map { name, value in
      let plain = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
      return "\(plain)=\"\(escaped(value))\""
    }.joined(separator: ",")
  }

  private static func escaped(_ value: String) -> String {
    var text = ""
    for character in value {
      switch character {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.append(character)
      }
    }
    return text
  }
}
