import FoundationEssentials
import Model
import Synchronization

/// The sandbox's tokens behind one lock. Cryptography stays outside of it, so that the lock is held for microseconds.
final class TokenStore: Sendable {
  private let state = Mutex(TokenState())
  private let mint = TokenMint()
  private let policy: LivePolicy
  private let now: Now

  init(policy: LivePolicy, now: @escaping Now) {
    self.policy = policy
    self.now = now
  }

  /// Stores a code and returns its text.
  func issue(_ code: AuthorizationCode) throws(OAuthError) -> String {
    let text = "code_\(RandomText.base64URL(bytes: 32))"
    let fingerprint = Fingerprint(of: text)
    try state.withLock { (state) throws(OAuthError) in try state.add(code, as: fingerprint, at: code.issuedAt) }
    return text
  }

  func redeem(
    _ code: String, by client: Client, verifier: String?, redirectURI: String?, resources: Set<ResourceIndicator> = []
  ) throws(OAuthError) -> TokenState.Grant {
    let fingerprint = Fingerprint(of: code)
    let (time, policy) = (now(), policy.current)
    return try state.withLock { (state) throws(OAuthError) in
      try state.redeem(
        fingerprint, by: client, verifier: verifier, redirectURI: redirectURI, resources: resources, at: time,
        policy: policy)
    }
  }

  func refresh(
    _ text: String, by client: Client, scopes: Set<Scope>?, resources: Set<ResourceIndicator> = []
  ) throws(OAuthError) -> TokenState.Grant {
    guard let token = mint.read(text) else { throw OAuthError(.invalidGrant, "The refresh token is not valid.") }
    let (time, policy) = (now(), policy.current)
    return try state.withLock { (state) throws(OAuthError) in
      try state.refresh(token, by: client, scopes: scopes, resources: resources, at: time, policy: policy)
    }
  }

  /// The grant in words: what the client is told.
  func reply(to grant: TokenState.Grant, idToken: String?) -> TokenReply {
    TokenReply(
      accessToken: mint.text(.init(kind: .access, family: grant.id, number: grant.issue.access.number)),
      expiresIn: max(0, Int(grant.issue.access.expiresAt.timeIntervalSince(now()).rounded())),
      refreshToken: grant.issue.refreshGeneration.map {
        mint.text(.init(kind: .refresh, family: grant.id, number: $0))
      },
      scope: grant.issue.access.scopes.text, idToken: idToken)
  }

  /// What a token is good for, if it is alive.
  func facts(_ text: String) -> (kind: TokenMint.Kind, facts: TokenState.Facts)? {
    guard let token = mint.read(text) else { return nil }
    let time = now()
    return state.withLock { $0.facts(token, at: time) }.map { (token.kind, $0) }
  }

  /// Ends a token. One that is unknown or over already is no error (RFC 7009 section 2.2).
  func revoke(_ text: String, by client: Client) throws(OAuthError) {
    guard let token = mint.read(text) else { return }
    try state.withLock { (state) throws(OAuthError) in try state.revoke(token, by: client) }
  }

  func expireAccess(of person: Person?) -> Int { state.withLock { $0.expireAccess(of: person) } }

  func revokeFamilies(of person: Person?) -> Int { state.withLock { $0.revokeFamilies(of: person) } }

  func reset() { state.withLock { $0 = TokenState() } }

  /// How many are alive, in total and by person. Never a token.
  func tally() -> TokenTally {
    let time = now()
    return state.withLock { TokenTally($0, at: time) }
  }
}

/// Counts of what lives in the store.
struct TokenTally: Codable, Sendable, Equatable {
  struct Count: Codable, Sendable, Equatable {
    var families = 0
    var refreshTokens = 0
    var accessTokens = 0
  }

  var total = Count()
  var people: [String: Count] = [:]
  /// Times a used code or refresh token came back and ended its family.
  var reuseDetections: Int
  /// Times a rotated refresh token got its first answer again, within the grace.
  var repeatedAnswers: Int

  init(_ state: TokenState, at time: Date) {
    reuseDetections = state.reuseDetections
    repeatedAnswers = state.repeatedAnswers
    for family in state.families.values {
      let live = family.live.count { $0.expiresAt > time }
      total.add(live)
      people[family.person.id, default: Count()].add(live)
    }
  }
}

extension TokenTally.Count {
  /// One family has exactly one live refresh token.
  fileprivate mutating func add(_ live: Int) {
    families += 1
    refreshTokens += 1
    accessTokens += live
  }
}
