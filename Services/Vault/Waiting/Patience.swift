import Model

/// How long a caller waits, and how often it looks by itself meanwhile.
struct Patience: Sendable {
  /// Above this a caller holds a connection longer than proxies like.
  static let maximumSeconds = 25
  private static let firstLook: Duration = .milliseconds(50)
  private static let longestBetweenLooks: Duration = .milliseconds(400)

  private let deadline: ContinuousClock.Instant
  private var pause = firstLook

  /// - Throws: `invalid_request` outside 0 ... ``maximumSeconds``.
  init(seconds: Int) throws {
    guard (0...Self.maximumSeconds).contains(seconds) else {
      throw ServiceError(.invalidRequest, "waitSeconds must be from 0 to \(Self.maximumSeconds).")
    }
    deadline = .now + .seconds(seconds)
  }

  /// The time until the next look of one's own; nil when patience is at its end. Grows, with jitter so that many waiters spread.
  mutating func next() -> Duration? {
    let left = ContinuousClock.now.duration(to: deadline)
    guard left > .zero else { return nil }
    let jittered = pause * Double.random(in: 0.5...1)
    pause = min(pause * 2, Self.longestBetweenLooks)
    return min(jittered, left)
  }
}
