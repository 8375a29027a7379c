import Model

/// How long a caller waits, and how often it looks by itself meanwhile.
struct Patience: Sendable {
  /// Above this a caller holds a connection longer than proxies like.
  static let maximumSeconds = 25
  private static let firstLook: Duration = .milliseconds(50)
  private static let longestBetweenLooks: Duration = .milliseconds(400)

  /// For what takes a person seconds to minutes and is announced: looking by oneself only covers a lost announcement.
  private static let rareLookSeconds = 2.0...5.0

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
    guard let left else { return nil }
    let jittered = pause * Double.random(in: 0.5...1)
    pause = min(pause * 2, Self.longestBetweenLooks)
    return min(jittered, left)
  }

  /// The time until the next look at something that is announced and may be long in coming; nil when patience is at its end.
  func nextRare() -> Duration? {
    left.map { min(.seconds(.random(in: Self.rareLookSeconds)), $0) }
  }

  private var left: Duration? {
    let left = ContinuousClock.now.duration(to: deadline)
    return left > .zero ? left : nil
  }
}
