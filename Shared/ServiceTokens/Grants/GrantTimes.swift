import FoundationEssentials
import Model

/// The times of a grant in whole milliseconds, as they stand on the wire: a comparison of `Double`s would fail at the last bit.
struct GrantTimes {
  let issuedAt: Int
  let expiresAt: Int

  init(_ grant: Grant) {
    issuedAt = Self.milliseconds(grant.issuedAt)
    expiresAt = Self.milliseconds(grant.expiresAt)
  }

  var isWithinBounds: Bool {
    let lifetime = expiresAt - issuedAt
    return lifetime > 0 && lifetime <= Grant.maximumLifetimeSeconds * 1_000
  }

  static func milliseconds(_ date: Date) -> Int {
    // Far-away dates are clamped rather than trapped on: a grant's times come from a payload.
    let limit = 1e15
    return Int(min(max((date.timeIntervalSince1970 * 1_000).rounded(), -limit), limit))
  }
}
