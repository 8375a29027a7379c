/// A point in monotonic time.
typealias Moment = ContinuousClock.Instant

extension Duration {
  /// Whole milliseconds for `poll`, rounded up so that a wait never ends just before its deadline; 0 when negative.
  var pollMilliseconds: Int32 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    guard seconds < 86_400 else { return 86_400_000 }
    return Int32(seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
