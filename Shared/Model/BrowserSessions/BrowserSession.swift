public import FoundationEssentials

/// What a browser's session is good for.
public enum BrowserSessionPurpose: String, Codable, Sendable {
  /// The person signed in: everything that pages of ours offer them.
  case signIn
  /// The host's page handed them over to the connect page, which is all that opens.
  case connect
}

/// A session as it begins. The token is shown this once and stored only as a hash.
public struct StartedBrowserSession: Codable, Sendable {
  /// `lyb_…`: the browser's cookie.
  public var token: WireSecret
  /// When it ends at the latest.
  public var expiresAt: Date

  public init(token: WireSecret, expiresAt: Date) {
    self.token = token
    self.expiresAt = expiresAt
  }
}

/// Who is behind a browser's cookie.
public struct BrowserPerson: Codable, Sendable {
  public var purpose: BrowserSessionPurpose
  /// Always with a user.
  public var caller: Caller

  public init(purpose: BrowserSessionPurpose, caller: Caller) {
    self.purpose = purpose
    self.caller = caller
  }
}

/// A credential that speaks for itself.
public struct PresentedCredential: Codable, Sendable {
  public var credential: CredentialHash

  public init(credential: CredentialHash) { self.credential = credential }
}

/// The person in the browser, answered by the policy service.
public enum BrowserSessionEndpoints {
  /// Needs an API key.
  public static let createLink = Endpoint<OnBehalf<CreateSignInLink>, CreatedSignInLink>(
    .policy, .post, "/internal/sign-in-links/create", callers: [.gateway])
  /// Spends nothing. Fails with `not_found` for a link that is unknown, spent or over.
  public static let showLink = Endpoint<PresentedCredential, SignInLinkFacts>(
    .policy, .post, "/internal/sign-in-links/show", callers: [.gateway])
  /// Once per link; fails like ``showLink``.
  public static let signIn = Endpoint<SpendSignInLink, StartedBrowserSession>(
    .policy, .post, "/internal/sign-in-links/spend", callers: [.gateway])
  /// On behalf of a member's session, which the host's page holds: a ``BrowserSessionPurpose/connect`` session of the same person.
  public static let handOver = Endpoint<OnBehalf<Empty>, StartedBrowserSession>(
    .policy, .post, "/internal/browser-sessions/hand-over", callers: [.gateway])
  /// Who is it, and they are still there: the idle time begins anew. Fails with `unauthenticated`.
  public static let verify = Endpoint<PresentedCredential, BrowserPerson>(
    .policy, .post, "/internal/browser-sessions/verify", callers: [.gateway])
  /// Signs out. A session that has ended stays so.
  public static let end = Endpoint<PresentedCredential, Empty>(
    .policy, .post, "/internal/browser-sessions/end", callers: [.gateway])
}
