import FoundationEssentials

/// When a delivery is tried again. Pure.
enum DeliverySchedule {
  /// The bound of the first pause, in seconds; it doubles with every attempt.
  static let firstSeconds = 5.0
  /// A pause is never longer, so that a receiver that is back is noticed the same day.
  static let longestSeconds = 21_600.0
  /// Seconds from the beginning of a series after which it is given up: three days, a long weekend.
  static let lifetimeSeconds = 259_200.0
  /// Doublings after which the bound is beyond any limit.
  private static let mostDoublings = 30

  /// The next attempt, or nil when it is time to give up.
  ///
  /// Full jitter: anywhere from now to the bound, so that what failed together does not come back together.
  ///
  /// - Parameters:
  ///   - attempts: those that were made in this series.
  ///   - jitter: 0 ..< 1.
  static func next(after attempts: Int, began: Date, now: Date, jitter: Double) -> Date? {
    let end = began.addingTimeInterval(lifetimeSeconds)
    guard now < end else { return nil }
    let bound = min(firstSeconds * Double(1 << min(max(attempts - 1, 0), mostDoublings)), longestSeconds)
    // The last attempt is made at the end, not somewhere beyond it.
    return min(now.addingTimeInterval(bound * jitter), end)
  }
}
