import Model

/// How long sessions live.
struct SessionSettings: Sendable {
  /// Seconds when the host platform does not say.
  var defaultSeconds: Int
  /// The shortest and the longest life that may be asked for, in seconds.
  var bounds: ClosedRange<Int>

  /// Seconds by default: long enough for a page, short enough for a stolen token.
  static let standardSeconds = 600
  /// How short a session may be is the host platform's own business: one that ends early harms nobody else.
  static let shortestSeconds = 1
  /// A day: whoever is present longer is vouched for again.
  static let longestSeconds = 86_400

  /// - Throws: `invalid_request` outside the bounds.
  func seconds(_ asked: Int?) throws -> Int {
    guard let asked else { return defaultSeconds }
    guard bounds.contains(asked) else {
      throw ServiceError(
        .invalidRequest, "ttlSeconds must be \(bounds.lowerBound) to \(bounds.upperBound).")
    }
    return asked
  }
}
