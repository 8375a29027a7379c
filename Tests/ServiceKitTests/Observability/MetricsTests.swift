import CoreMetrics
import ServiceKit
import Testing

@Suite struct MetricsTests {
  private let metrics = PrometheusMetrics()

  @Test func countersGaugesAndHistogramsAreShown() {
    let counter = Counter(label: "things.done", dimensions: [("kind", "a\"b\\c\nd"), ("at", "x")], factory: metrics)
    counter.increment(by: 2)
    Counter(label: "things.done", dimensions: [("at", "x"), ("kind", "a\"b\\c\nd")], factory: metrics).increment()
    let gauge = Meter(label: "queue-length", factory: metrics)
    gauge.set(5)
    gauge.decrement()
    let timer = Timer(label: "lanyard_wait", dimensions: [], factory: metrics)
    timer.recordMilliseconds(3)
    timer.recordSeconds(60)
    let text = metrics.text()
    #expect(text.contains("# TYPE lanyard_things_done_total counter"))
    #expect(text.contains(#"lanyard_things_done_total{at="x",kind="a\"b\\c\nd"} 3"#))
    #expect(text.contains("lanyard_queue_length 4.0"))
    #expect(text.contains("# TYPE lanyard_wait_seconds histogram"))
    #expect(text.contains(#"lanyard_wait_seconds_bucket{le="0.0025"} 0"#))
    #expect(text.contains(#"lanyard_wait_seconds_bucket{le="0.005"} 1"#))
    #expect(text.contains(#"lanyard_wait_seconds_bucket{le="10.0"} 1"#))
    #expect(text.contains(#"lanyard_wait_seconds_bucket{le="+Inf"} 2"#))
    #expect(text.contains("lanyard_wait_seconds_sum 60.003"))
    #expect(text.contains("lanyard_wait_seconds_count 2"))
  }

  @Test func theProcessIsShown() {
    let text = metrics.text()
    #if os(Linux)
      for name in ["resident_memory_bytes", "anonymous_memory_bytes", "open_fds", "start_time_seconds"] {
        #expect(text.contains("\nlanyard_process_\(name) "), "\(name)")
      }
    #endif
    #expect(text.hasSuffix("\n"))
  }

  @Test func anUnboundedLabelDoesNotFillTheMemory() {
    for index in 0..<1_500 {
      Counter(label: "per_user", dimensions: [("user", "\(index)")], factory: metrics).increment()
    }
    let text = metrics.text()
    #expect(text.split(separator: "\n").count { $0.hasPrefix("lanyard_per_user_total{") } == 1_000)
    #expect(text.contains("lanyard_metrics_dropped_series_total 500"))
  }

  @Test func concurrentIncrementsAreAllCounted() async {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask { [metrics] in
          for _ in 0..<1_000 { Counter(label: "shared", factory: metrics).increment() }
        }
      }
    }
    #expect(metrics.text().contains("lanyard_shared_total 8000"))
  }
}
