import FoundationEssentials

/// What a person agreed to, until the client collects it.
struct AuthorizationCode: Sendable {
  let clientID: String
  let redirectURI: RedirectURI
  let challenge: PKCEChallenge
  let person: Person
  let scopes: Set<Scope>
  let resources: Set<ResourceIndicator>
  let nonce: String?
  let issuedAt: Date
  /// Set by the first use. A second use revokes the family that the first one began (RFC 6749 section 4.1.2).
  var use: Use?

  enum Use: Sendable {
    case failed
    case began(FamilyID)
  }

  func isAlive(at time: Date) -> Bool { use == nil && time.timeIntervalSince(issuedAt) < Limits.codeSeconds }

  func isWorthKeeping(at time: Date) -> Bool { time.timeIntervalSince(issuedAt) < Limits.usedCodeSeconds }
}
