/// The wait before the next attempt to connect: doubling, with jitter so that many clients do not come back at once.
struct Backoff {
  private let first: Duration
  private let last: Duration
  private var current: Duration

  init(_ limits: PostgresConfiguration.Limits) {
    first = limits.reconnectFirst
    last = limits.reconnectLast
    current = first
  }

  mutating func next() -> Duration {
    defer { current = min(current * 2, last) }
    return current * Double.random(in: 0.5...1)
  }

  mutating func reset() { current = first }
}
