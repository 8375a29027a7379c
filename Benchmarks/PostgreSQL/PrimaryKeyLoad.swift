import PostgreSQL

/// Callers that ask for random rows, one after the other, each waiting for its answer.
struct PrimaryKeyLoad: Sendable {
  let client: PostgresClient
  let rows: Int
  let callers: Int

  /// What one run gave.
  struct Result: Sendable {
    /// Nanoseconds of every query, sorted.
    var latencies: [Int64]
    var elapsed: Duration

    func milliseconds(atPercentile percent: Int) -> Double {
      guard !latencies.isEmpty else { return 0 }
      return Double(latencies[(latencies.count - 1) * percent / 100]) / 1_000_000
    }
  }

  /// The row of a key is missing or cut: then the rate means nothing.
  struct WrongRow: Error {}

  /// Bytes of one row's payload.
  private static let payloadBytes = 600

  func run(for duration: Duration) async throws -> Result {
    let clock = ContinuousClock()
    let start = clock.now
    let end = start + duration
    let latencies = try await withThrowingTaskGroup(of: [Int64].self) { group in
      for _ in 0..<callers { group.addTask { try await ask(until: end, clock) } }
      return try await group.reduce(into: [Int64]()) { $0 += $1 }
    }
    let elapsed = clock.now - start
    return Result(latencies: latencies.sorted(), elapsed: elapsed)
  }

  private func ask(until end: ContinuousClock.Instant, _ clock: ContinuousClock) async throws -> [Int64] {
    var latencies: [Int64] = []
    var keys = RandomKeys(seed: UInt64.random(in: 1...UInt64.max), rows: rows)
    var before = clock.now
    while before < end {
      let key = keys.next()
      let found = try await client.read("SELECT payload FROM item WHERE id = \(key)")
      guard let payload: String = try found.first?.get(at: 0), payload.utf8.count == Self.payloadBytes else {
        throw WrongRow()
      }
      let after = clock.now
      latencies.append((before.duration(to: after) / .nanoseconds(1)).rounded().clamped)
      before = after
    }
    return latencies
  }
}

extension Double {
  fileprivate var clamped: Int64 { Int64(exactly: self) ?? .max }
}

/// Keys by xorshift: the system's generator would be a system call per query, and pgbench does not pay one.
private struct RandomKeys {
  private var state: UInt64
  private let rows: UInt64

  init(seed: UInt64, rows: Int) {
    state = seed
    self.rows = UInt64(rows)
  }

  /// Between 1 and the number of rows, in decimal.
  mutating func next() -> String {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return String(state % rows + 1)
  }
}
