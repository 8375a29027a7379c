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

  /// Who asks.
  enum Priority: Sendable {
    /// Somebody waits for the token.
    case caller
    /// Nobody does: a refresh ahead of its time.
    case queue
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
  /// The part of the limit that refreshes without a caller take at most, while callers ask.
  static let queuePart = 0.2
  /// Seconds for which a caller counts as asking: longer than the pause between two probes, so that who was sent away right after one is
  /// still expected at the next.
  static let callerSeconds = 15.0
  /// Callers are noted this seldom, in seconds: those who are sent away should cost no write each.
  static let callerResolutionSeconds = 1.0
  /// The part of the burst that is there for callers alone: who comes while the queue is worked off goes at once.
  static let reservedPart = 0.5

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
  /// Calls without a caller that may be made now, while callers ask.
  var sweepBudget = 0.0
  /// When a caller asked last.
  var callerAt: Date?

  /// A provider that nobody has called so far.
  init(_ limit: Limit, at now: Date) {
    (since, budgetAt, windowAt, budget) = (now, now, now, limit.burst)
  }

  /// Asks for a place.
  mutating func admit(_ limit: Limit, _ priority: Priority, at now: Date) -> Admission {
    if priority == .caller { noteCaller(at: now) }
    if let notBefore, notBefore > now { return .later(seconds: notBefore.timeIntervalSince(now)) }
    if state == .storm { return probe(priority, at: now) }
    if state == .clearing, now.timeIntervalSince(since) >= Self.clearingSeconds { enter(.clear, at: now) }
    let perSecond = limit.perSecond * part(at: now)
    refill(limit.burst * part(at: now), perSecond, at: now)
    switch priority {
    case .caller:
      let wait = max(1 - budget, 0) / perSecond
      guard wait <= Self.longestWaitSeconds else { return .later(seconds: wait) }
      budget -= 1
      return .go(afterSeconds: wait)
    case .queue:
      let missing = max(1 + limit.burst * part(at: now) * Self.reservedPart - budget, 0) / perSecond
      let share = isCallerAsking(at: now) ? max(1 - sweepBudget, 0) / (perSecond * Self.queuePart) : 0
      let wait = max(missing, share)
      guard wait == 0 else { return .later(seconds: wait) }
      budget -= 1
      sweepBudget = max(sweepBudget - 1, 0)
      return .go(afterSeconds: 0)
    }
  }

  /// During a storm: the probe, unless it is too early. It is left to callers while there are any.
  private mutating func probe(_ priority: Priority, at now: Date) -> Admission {
    if let nextProbeAt, nextProbeAt > now { return .later(seconds: nextProbeAt.timeIntervalSince(now)) }
    if priority == .queue, isCallerAsking(at: now) { return .later(seconds: Self.probeSeconds) }
    nextProbeAt = now + Self.probeSeconds
    return .go(afterSeconds: 0)
  }

  private mutating func refill(_ burst: Double, _ perSecond: Double, at now: Date) {
    let gained = max(now.timeIntervalSince(budgetAt), 0) * perSecond
    budget = min(burst, budget + gained)
    sweepBudget = min(max(burst * Self.queuePart, 1), sweepBudget + gained * Self.queuePart)
    budgetAt = now
  }

  private mutating func noteCaller(at now: Date) {
    if let callerAt, now.timeIntervalSince(callerAt) < Self.callerResolutionSeconds { return }
    callerAt = now
  }

  private func isCallerAsking(at now: Date) -> Bool {
    callerAt.map { now.timeIntervalSince($0) < Self.callerSeconds } ?? false
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
