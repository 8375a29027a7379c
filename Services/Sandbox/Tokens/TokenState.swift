import FoundationEssentials

/// Codes and families, and the rules between them. Pure: time and policy come from outside, so every case is a test.
struct TokenState: Sendable {
  /// What one exchange brought, with the family it belongs to.
  struct Grant: Sendable {
    var id: FamilyID
    var family: TokenFamily
    var issue: TokenFamily.Issue
    /// From the authorization request, for the ID token.
    var nonce: String?
  }

  /// A live token as introspection and the protected endpoints see it.
  struct Facts: Sendable {
    var clientID: String
    var person: Person
    var scopes: Set<Scope>
    /// What the token opens; empty means everything.
    var resources: Set<ResourceIndicator>
    var issuedAt: Date
    /// Nil for a refresh token.
    var expiresAt: Date?
  }

  private var codes: [Fingerprint: AuthorizationCode] = [:]
  private(set) var families: [FamilyID: TokenFamily] = [:]
  private(set) var reuseDetections = 0
  private(set) var repeatedAnswers = 0

  // MARK: Codes

  mutating func add(_ code: AuthorizationCode, as fingerprint: Fingerprint, at time: Date) throws(OAuthError) {
    if codes.count >= Limits.entriesBeforeSweep { codes = codes.filter { $0.value.isWorthKeeping(at: time) } }
    guard codes.count < Limits.entries else { throw Self.full }
    codes[fingerprint] = code
  }

  /// Exchanges a code. Whatever goes wrong, the code is spent: a second guess at the verifier gets nothing.
  mutating func redeem(
    _ fingerprint: Fingerprint, by client: Client, verifier: String?, redirectURI: String?,
    resources: Set<ResourceIndicator>, at time: Date, policy: TokenPolicy
  ) throws(OAuthError) -> Grant {
    guard let code = codes[fingerprint], code.clientID == client.id else { throw Self.badCode }
    if case .began(let family) = code.use {
      families[family] = nil
      reuseDetections += 1
    }
    guard code.isAlive(at: time) else { throw Self.badCode }
    codes[fingerprint]?.use = .failed
    guard redirectURI == nil || redirectURI == code.redirectURI.text, code.challenge.accepts(verifier) else {
      throw Self.badCode
    }
    let resources = try resources.granted(within: code.resources)
    guard families.count < Limits.families else { throw Self.full }
    var family = TokenFamily(
      clientID: client.id, person: code.person, scopes: code.scopes, resources: resources,
      authorizedAt: code.issuedAt)
    let issue = family.begin(at: time, policy: policy)
    let id = FamilyID.random()
    families[id] = family
    codes[fingerprint]?.use = .began(id)
    return Grant(id: id, family: family, issue: issue, nonce: code.nonce)
  }

  // MARK: Refresh

  mutating func refresh(
    _ token: TokenMint.Token, by client: Client, scopes: Set<Scope>?, resources: Set<ResourceIndicator>,
    at time: Date, policy: TokenPolicy
  ) throws(OAuthError) -> Grant {
    guard token.kind == .refresh, var family = families[token.family], family.clientID == client.id else {
      throw Self.badRefreshToken
    }
    guard scopes?.isSubset(of: family.scopes) ?? true else {
      throw OAuthError(.invalidScope, "A refresh cannot widen the scopes.")
    }
    _ = try resources.granted(within: family.resources)
    // Taken out, so that the change below happens in place and the array of access tokens is not copied.
    families[token.family] = nil
    switch family.refresh(generation: token.number, scopes: scopes, at: time, policy: policy) {
    case .issued(let issue):
      families[token.family] = family
      return Grant(id: token.family, family: family, issue: issue)
    case .repeated(let issue):
      families[token.family] = family
      repeatedAnswers += 1
      return Grant(id: token.family, family: family, issue: issue)
    case .reused:
      reuseDetections += 1
      throw Self.badRefreshToken
    }
  }

  // MARK: Looking up and ending

  func facts(_ token: TokenMint.Token, at time: Date) -> Facts? {
    guard let family = families[token.family] else { return nil }
    switch token.kind {
    case .access:
      guard let access = family.access(token.number, at: time) else { return nil }
      return Facts(
        clientID: family.clientID, person: family.person, scopes: access.scopes, resources: family.resources,
        issuedAt: family.authorizedAt, expiresAt: access.expiresAt)
    case .refresh:
      guard token.number == family.generation else { return nil }
      return Facts(
        clientID: family.clientID, person: family.person, scopes: family.scopes, resources: family.resources,
        issuedAt: family.authorizedAt)
    }
  }

  /// Ends a token: a refresh token with its whole family, an access token alone (RFC 7009 section 2.1).
  mutating func revoke(_ token: TokenMint.Token, by client: Client) throws(OAuthError) {
    guard let family = families[token.family] else { return }
    guard family.clientID == client.id else {
      throw OAuthError(.unauthorizedClient, "The token was issued to another client.")
    }
    switch token.kind {
    case .access: families[token.family]?.revokeAccess(token.number)
    case .refresh: families[token.family] = nil
    }
  }

  /// Ends every access token of a person, or of everyone. Returns how many.
  mutating func expireAccess(of person: Person?) -> Int {
    var count = 0
    for (id, family) in families where person == nil || family.person == person {
      count += family.live.count
      _ = families[id]?.expireAccess()
    }
    return count
  }

  /// Ends every family of a person, or of everyone, as if they had removed the application. Returns how many.
  mutating func revokeFamilies(of person: Person?) -> Int {
    let before = families.count
    families = families.filter { person != nil && $0.value.person != person }
    return before - families.count
  }

  private static let badCode = OAuthError(.invalidGrant, "The authorization code is not valid.")
  private static let badRefreshToken = OAuthError(.invalidGrant, "The refresh token is not valid.")
  private static let full = OAuthError(.temporarilyUnavailable, "The sandbox is full. Reset it.")
}
