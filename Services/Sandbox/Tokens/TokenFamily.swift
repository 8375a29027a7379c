import FoundationEssentials

/// Names one family: 128 random bits.
struct FamilyID: Hashable, Sendable {
  let high: UInt64
  let low: UInt64

  static func random() -> FamilyID { FamilyID(high: .random(in: .min ... .max), low: .random(in: .min ... .max)) }
}

/// Everything that grew from one authorization: one line of refresh tokens and the access tokens they brought.
///
/// Pure state: no clock, no lock, no token texts.
struct TokenFamily: Sendable {
  /// An access token that was issued and may be alive.
  struct Access: Sendable, Hashable {
    var number: UInt64
    var scopes: Set<Scope>
    var expiresAt: Date
  }

  /// What a client gets from one exchange, as numbers.
  struct Issue: Sendable {
    var access: Access
    /// Nil when the client keeps the refresh token that it has.
    var refreshGeneration: UInt64?
  }

  enum RefreshOutcome {
    case issued(Issue)
    /// A client that lost the answer asks again within the grace: it gets the same answer.
    case repeated(Issue)
    /// An old refresh token came back: someone copied it. The family must end (RFC 9700 section 4.14.2).
    case reused
  }

  let clientID: String
  let person: Person
  let scopes: Set<Scope>
  /// What its access tokens open; empty means everything (RFC 8707).
  let resources: Set<ResourceIndicator>
  let authorizedAt: Date
  private(set) var generation: UInt64 = 1
  private(set) var live: [Access] = []
  private var accessNumber: UInt64 = 0
  private var rotatedAt: Date?
  private var lastIssue: Issue?

  init(
    clientID: String, person: Person, scopes: Set<Scope>, resources: Set<ResourceIndicator> = [], authorizedAt: Date
  ) {
    self.clientID = clientID
    self.person = person
    self.scopes = scopes
    self.resources = resources
    self.authorizedAt = authorizedAt
  }

  /// The first pair of tokens.
  mutating func begin(at time: Date, policy: TokenPolicy) -> Issue {
    Issue(access: issueAccess(scopes, at: time, policy), refreshGeneration: generation)
  }

  /// Answers a refresh with the refresh token of the given generation.
  mutating func refresh(
    generation presented: UInt64, scopes narrowed: Set<Scope>?, at time: Date, policy: TokenPolicy
  ) -> RefreshOutcome {
    guard presented == generation else { return repeatOrReuse(presented, at: time, policy) }
    if policy.rotatesRefreshTokens {
      generation += 1
      rotatedAt = time
    }
    let access = issueAccess(narrowed ?? scopes, at: time, policy)
    let issue = Issue(access: access, refreshGeneration: policy.rotatesRefreshTokens ? generation : nil)
    lastIssue = issue
    return .issued(issue)
  }

  private func repeatOrReuse(_ presented: UInt64, at time: Date, _ policy: TokenPolicy) -> RefreshOutcome {
    guard presented == generation - 1, let rotatedAt, let lastIssue,
      time.timeIntervalSince(rotatedAt) < Double(policy.refreshGraceSeconds)
    else { return .reused }
    return .repeated(lastIssue)
  }

  private mutating func issueAccess(_ scopes: Set<Scope>, at time: Date, _ policy: TokenPolicy) -> Access {
    live.removeAll { $0.expiresAt <= time }
    if live.count >= Limits.accessTokensPerFamily { live.removeFirst() }
    accessNumber += 1
    let access = Access(
      number: accessNumber, scopes: scopes, expiresAt: time.addingTimeInterval(Double(policy.accessTokenSeconds)))
    live.append(access)
    return access
  }

  /// The access token with this number, if it is still alive.
  func access(_ number: UInt64, at time: Date) -> Access? {
    live.last { $0.number == number && $0.expiresAt > time }
  }

  mutating func revokeAccess(_ number: UInt64) { live.removeAll { $0.number == number } }

  mutating func expireAccess() -> Int {
    defer { live = [] }
    return live.count
  }
}
