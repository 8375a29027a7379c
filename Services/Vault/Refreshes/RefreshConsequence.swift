import Model

/// What a failed refresh does to a Connection. Pure: one line of a test for each row of the error table.
///
/// Only a provider that refuses the refresh token itself ends a Connection; time-outs, server errors and throttling never do.
struct RefreshConsequence: Sendable, Equatable {
  /// Nil leaves the status as it is.
  var status: Connection.Status?
  var reason: String?
  /// Seconds without a further attempt; nil for none.
  var pauseSeconds: Double?
  var isUnknown = false
  /// The Connection stays as it is: what failed is not about it.
  var isNothing = false

  /// The provider refuses the Integration's client, whosever Connection it is: that is kept in one place for all of them.
  static let nothing = RefreshConsequence(status: nil, reason: nil, pauseSeconds: nil, isNothing: true)

  /// The pause doubles from the first to the last with every failure in a row.
  static let firstPauseSeconds = 2.0
  static let longestPauseSeconds = 900.0
  /// A provider's own wish is followed up to an hour.
  static let longestRetryAfterSeconds = 3_600.0
  /// Refused credentials are tried again this seldom, in case the owner corrected them at the provider.
  static let misconfiguredPauseSeconds = 900.0

  /// - Parameters:
  ///   - failures: failures in a row before this one.
  ///   - unknownOutcomes: unknown outcomes in a row before this one.
  ///   - jitter: 0 ..< 1.
  init(_ failure: FailRefresh, failures: Int, unknownOutcomes: Int, jitter: Double) {
    let wish = failure.retryAfter.map { min(Double(max($0, 0)), Self.longestRetryAfterSeconds) }
    let doubled = Self.firstPauseSeconds * Double(1 << min(max(failures, 0), 10))
    // Full jitter over the upper half: replicas and Connections that failed together do not come back together.
    let backoff = min(doubled, Self.longestPauseSeconds) * (0.5 + jitter / 2)
    if failure.isClientRefusal {
      self = .nothing
      return
    }
    switch failure.failure {
    case .transient:
      self.init(status: .degraded, reason: failure.reason, pauseSeconds: max(wish ?? 0, backoff))
    case .outcomeUnknown:
      // One retry at once, within the grace that many providers give to a rotated token; then like any passing failure.
      self.init(
        status: unknownOutcomes == 0 ? nil : .degraded, reason: RefusalReason.outcomeUnknown,
        pauseSeconds: unknownOutcomes == 0 ? nil : max(wish ?? 0, backoff), isUnknown: true)
    case .needsReauthorization:
      self.init(status: .needsReauthorization, reason: failure.reason, pauseSeconds: nil)
    case .configError:
      self.init(status: .configError, reason: failure.reason, pauseSeconds: Self.misconfiguredPauseSeconds)
    }
  }

  private init(
    status: Connection.Status?, reason: String?, pauseSeconds: Double?, isUnknown: Bool = false,
    isNothing: Bool = false
  ) {
    self.status = status
    self.reason = reason
    self.pauseSeconds = pauseSeconds
    self.isUnknown = isUnknown
    self.isNothing = isNothing
  }
}
