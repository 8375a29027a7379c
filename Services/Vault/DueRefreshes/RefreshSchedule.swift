import FoundationEssentials
import Model

/// When a Connection is refreshed without anyone asking. Pure, so that each rule is a line of a test.
struct RefreshSchedule: Sendable, Equatable {
  enum Reason: String, Sendable {
    /// The access token ends soon. Only what is in use is refreshed for this.
    case expiry
    /// The provider forgets a refresh token that is not used for long.
    case idle
  }

  var reason: Reason
  var due: Date

  /// A tenth to a quarter of the lifetime is left: tokens that were received together are not refreshed together.
  static let partLeft = 0.1...0.25
  /// Seconds that are left at least, since callers refresh from then on by themselves; of short lives ``RefreshRule/maximumMarginPart``.
  static let leastSecondsLeft = 60.0
  /// Tokens that live shorter, in seconds, are left to those who need them: a provider would be asked for every one all the time.
  static let leastLifetimeSeconds = 120.0
  /// The part of its idle life after which a refresh token is used: the rest is for a provider that is down, and for a vault that is.
  static let partIdle = 0.6...0.75
  private static let secondsPerDay = 86_400.0

  /// - Parameters:
  ///   - idleDays: how long the provider keeps a refresh token that is not used; nil where nothing is known.
  ///   - jitter: 0 ..< 1.
  /// - Returns: nil when there is nothing to wait for.
  init?(receivedAt: Date, expiresAt: Date?, idleDays: Int?, jitter: Double) {
    let expiry = expiresAt.flatMap { Self.beforeExpiry(receivedAt, $0, jitter) }
    let idle = idleDays.map { Self.whileIdle(receivedAt, days: $0, jitter) }
    switch (expiry, idle) {
    case (let expiry?, let idle?) where idle < expiry: self.init(reason: .idle, due: idle)
    case (let expiry?, _): self.init(reason: .expiry, due: expiry)
    case (nil, let idle?): self.init(reason: .idle, due: idle)
    case (nil, nil): return nil
    }
  }

  init(reason: Reason, due: Date) {
    self.reason = reason
    self.due = due
  }

  private static func beforeExpiry(_ receivedAt: Date, _ expiresAt: Date, _ jitter: Double) -> Date? {
    let lifetime = expiresAt.timeIntervalSince(receivedAt)
    guard lifetime >= leastLifetimeSeconds else { return nil }
    let least = min(leastSecondsLeft, lifetime * RefreshRule.maximumMarginPart)
    return expiresAt - max(least, lifetime * partLeft.at(jitter))
  }

  private static func whileIdle(_ receivedAt: Date, days: Int, _ jitter: Double) -> Date {
    receivedAt + Double(days) * secondsPerDay * partIdle.at(jitter)
  }
}

extension RefreshSchedule {
  /// What is to be done about a Connection whose time has come.
  enum Step: Sendable, Equatable {
    case refresh
    /// Its time is another.
    case move(RefreshSchedule)
    /// Somebody is refreshing it: looked at again when that must be over.
    case wait
    /// Nothing until somebody changes it.
    case forget
  }

  /// What to do now that a schedule has come true.
  ///
  /// - Parameters:
  ///   - generation: of the tokens that the time was reckoned for.
  ///   - usedWithinSeconds: a Connection that was not used for longer is not in use.
  static func step(
    _ reason: Reason, generation: Int64, _ record: ConnectionRecord, usedWithinSeconds: Double, jitter: Double
  ) throws -> Step {
    guard [.active, .degraded, .configError].contains(record.connection.status), record.isRefreshable else {
      return .forget
    }
    if record.isLeased { return .wait }
    if record.generation != generation { return try Self.next(record, jitter: jitter).map(Step.move) ?? .forget }
    if let nextTryAt = record.nextTryAt, nextTryAt > record.now {
      // Those that failed together do not come back together.
      let pause = nextTryAt.timeIntervalSince(record.now)
      return .move(RefreshSchedule(reason: reason, due: nextTryAt + pause * partLeft.at(jitter)))
    }
    switch reason {
    case .idle: return .refresh
    case .expiry:
      // Without a refresh token the access token is all there is: when it has ended, so has the Connection.
      if !record.hasRefreshToken || record.isInUse(within: usedWithinSeconds) { return .refresh }
      guard let days = try record.idleDays() else { return .forget }
      return .move(RefreshSchedule(reason: .idle, due: whileIdle(record.receivedAt, days: days, jitter)))
    }
  }

  /// When a Connection is due next.
  static func next(_ record: ConnectionRecord, jitter: Double) throws -> RefreshSchedule? {
    guard record.isRefreshable else { return nil }
    return RefreshSchedule(
      receivedAt: record.receivedAt, expiresAt: record.connection.expiresAt, idleDays: try record.idleDays(),
      jitter: jitter)
  }
}

extension ConnectionRecord {
  fileprivate func isInUse(within seconds: Double) -> Bool {
    connection.lastUsedAt.map { now.timeIntervalSince($0) <= seconds } ?? false
  }

  /// How long the provider keeps a refresh token that is not used; nil where nothing is known.
  fileprivate func idleDays() throws -> Int? { RefreshSchedule.idleDays(try metadata()) }
}

extension RefreshSchedule {
  static func idleDays(_ metadata: [String: String]) -> Int? {
    metadata[RenewalFacts.idleDays].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
  }
}

extension ClosedRange<Double> {
  /// The value at a part of the range.
  fileprivate func at(_ part: Double) -> Double { lowerBound + (upperBound - lowerBound) * part }
}
