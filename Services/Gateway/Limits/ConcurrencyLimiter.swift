import Model
import Synchronization

/// Bounds how much of something each key has under way at once in this replica.
final class ConcurrencyLimiter<Key: Hashable & Sendable>: Sendable {
  /// Seconds until it is worth trying again; what is under way takes at most a long-poll.
  private static var retryAfterSeconds: Int { 5 }

  private let maximum: Int
  private let running = Mutex<[Key: Int]>([:])

  init(maximum: Int) { self.maximum = maximum }

  /// Does the work unless too much is under way.
  ///
  /// - Throws: `rate_limited`, or what the work throws.
  func run<Value>(_ key: Key, _ work: () async throws -> Value) async throws -> Value {
    let admitted = running.withLock { running in
      guard running[key, default: 0] < maximum else { return false }
      running[key, default: 0] += 1
      return true
    }
    guard admitted else {
      throw ServiceError(
        .rateLimited, "At most \(maximum) of these may wait at once.", retryAfter: Self.retryAfterSeconds)
    }
    defer { leave(key) }
    return try await work()
  }

  private func leave(_ key: Key) {
    running.withLock { running in
      let left = running[key, default: 1] - 1
      running[key] = left > 0 ? left : nil
    }
  }
}
