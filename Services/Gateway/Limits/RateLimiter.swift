import Model
import Synchronization

/// Token buckets, one per key: so many a minute, and as many at once as one minute gives.
///
/// Each replica counts for itself, so the limit of the whole installation is this one times the number of replicas.
final class RateLimiter<Key: Hashable & Sendable>: Sendable {
  private struct Bucket {
    var available: Double
    var last: ContinuousClock.Instant
  }

  /// Buckets kept at most, about 5 MB of them. Beyond it the full ones go first, since they say nothing.
  private static var maximumCount: Int { 50_000 }

  private let perMinute: Double
  private let buckets = Mutex<[Key: Bucket]>([:])

  init(perMinute: Int) { self.perMinute = Double(perMinute) }

  /// Takes one.
  ///
  /// - Throws: `rate_limited` with the seconds until there is one again.
  func take(_ key: Key, at now: ContinuousClock.Instant = .now) throws {
    let missing: Double? = buckets.withLock { buckets in
      var bucket = filled(buckets[key] ?? Bucket(available: perMinute, last: now), at: now)
      defer { buckets[key] = bucket }
      guard bucket.available >= 1 else { return 1 - bucket.available }
      bucket.available -= 1
      if buckets.count >= Self.maximumCount { drop(from: &buckets, at: now) }
      return nil
    }
    guard let missing else { return }
    let seconds = max(1, Int((missing * 60 / perMinute).rounded(.up)))
    throw ServiceError(.rateLimited, "Too many attempts. Try again in \(seconds) s.", retryAfter: seconds)
  }

  /// Whether there is one, without taking it.
  ///
  /// - Throws: `rate_limited`, as ``take(_:at:)``.
  func require(_ key: Key, at now: ContinuousClock.Instant = .now) throws {
    let isEmpty = buckets.withLock { buckets in
      buckets[key].map { filled($0, at: now).available < 1 } ?? false
    }
    if isEmpty { try take(key, at: now) }
  }

  private func filled(_ bucket: Bucket, at now: ContinuousClock.Instant) -> Bucket {
    let gained = max(bucket.last.duration(to: now) / .seconds(60), 0) * perMinute
    return Bucket(available: min(perMinute, bucket.available + gained), last: now)
  }

  private func drop(from buckets: inout [Key: Bucket], at now: ContinuousClock.Instant) {
    buckets = buckets.filter { filled($0.value, at: now).available < perMinute }
    if buckets.count >= Self.maximumCount { buckets.removeAll(keepingCapacity: true) }
  }
}
