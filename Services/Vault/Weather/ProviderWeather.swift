import FoundationEssentials

/// What one provider bears at the moment: how many refreshes a second, and whether it answers at all. Pure, so that each rule is a line of a
/// test.
///
/// When most calls of half a minute fail, the provider has a storm: nobody calls it but one probe every ten seconds, whatever the number of
/// Connections that are due. When the probe is answered, the calls come back little by little, so that the crowd that has gathered does not
/// bring it down again.
struct ProviderWeather: Sendable, Equatable {
  enum State: String, Sendable {
    case clear
    /// It does not answer.
    case storm
    /// It answers again.
    case clearing
  }

  /// What a caller may do.
  enum Admission: Sendable, Equatable {
    /// Call, after so many seconds: a place is kept.
    case go(afterSeconds: Double)
    /// Not now; asking again makes sense after so many seconds.
    case later(seconds: Double)
  }

  /// Refreshes per second of one provider, by all vaults together.
  struct Limit: Sendable, Equatable {
    var perSecond: Double
    /// As many may come at once as two seconds give: a page that needs several accounts does not wait.
    var burst: Double { perSecond * 2 }
  }

  /// Seconds over which calls are counted.
  static let windowSeconds = 30.0
  /// Fewer calls than this prove nothing.
  static let leastCalls = 20
  /// Seconds between two probes.
  static let probeSeconds = 10.0
  /// Seconds until the whole limit is there again after a storm.
  static let clearingSeconds = 60.0
  /// The part of the limit with which it begins.
  static let leastPart = 0.1
  /// Seconds that a place may be kept for; whoever comes later is sent away. Well below a refresh's lease.
  static let longestWaitSeconds = 2.0
  /// A provider's own wish is followed up to an hour.
  static let longestPauseSeconds = 3_600.0

  var state = State.clear
  /// Since when it is in this state.
  var since: Date
  /// Calls that may be made now; below zero, places are kept for those who wait.
  var budget: Double
  var budgetAt: Date
  /// Calls since `windowAt`.
  var answered = 0
  var failed = 0
  var windowAt: Date
  /// During a storm.
  var nextProbeAt: Date?
  /// The provider's own wish.
  var notBefore: Date?

  /// A provider that nobody has called so far.
  init(_ limit: Limit, at now: Date) {
    (since, budgetAt, windowAt, budget) = (now, now, now, limit.burst)
  }

  /// Asks for a place.
  mutating func admit(_ limit: Limit, at now: Date) -> Admission {
    if let notBefore, notBefore > now { return .later(seconds: notBefore.timeIntervalSince(now)) }
    if state == .storm {
      if let nextProbeAt, nextProbeAt > now { return .later(seconds: nextProbeAt.timeIntervalSince(now)) }
      nextProbeAt = now + Self.probeSeconds
      return .go(afterSeconds: 0)
    }
    if state == .clearing, now.timeIntervalSince(since) >= Self.clearingSeconds { enter(.clear, at: now) }
    let perSecond = limit.perSecond * part(at: now)
    budget = min(limit.burst * part(at: now), budget + max(now.timeIntervalSince(budgetAt), 0) * perSecond)
    budgetAt = now
    let wait = max(1 - budget, 0) / perSecond
    guard wait <= Self.longestWaitSeconds else { return .later(seconds: wait) }
    budget -= 1
    return .go(afterSeconds: wait)
  }

  /// The provider gave an answer, be it a refusal.
  mutating func noteAnswer(_ limit: Limit, at now: Date) {
    count(at: now)
    answered += 1
    notBefore = nil
    guard state == .storm else { return }
    enter(.clearing, at: now)
    (answered, failed, windowAt) = (0, 0, now)
    (budget, budgetAt) = (limit.burst * Self.leastPart, now)
  }

  /// The provider gave none, or one that says that it cannot work.
  ///
  /// - Parameter retryAfter: seconds that it asked everyone to wait.
  mutating func noteFailure(retryAfter: Int?, at now: Date) {
    count(at: now)
    failed += 1
    if let retryAfter, retryAfter > 0 {
      notBefore = max(notBefore ?? now, now + min(Double(retryAfter), Self.longestPauseSeconds))
    }
    guard state != .storm, failed + answered >= Self.leastCalls, failed >= answered else { return }
    enter(.storm, at: now)
    nextProbeAt = now + Self.probeSeconds
  }

  private mutating func enter(_ new: State, at now: Date) {
    (state, since, nextProbeAt) = (new, now, nil)
  }

  private mutating func count(at now: Date) {
    guard now.timeIntervalSince(windowAt) > Self.windowSeconds else { return }
    (answered, failed, windowAt) = (0, 0, now)
  }

  /// How much of the limit there is.
  private func part(at now: Date) -> Double {
    guard state == .clearing else { return 1 }
    let grown = max(now.timeIntervalSince(since), 0) / Self.clearingSeconds
    return min(Self.leastPart + (1 - Self.leastPart) * grown, 1)
  }
}
