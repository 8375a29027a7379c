/// Looks for the organization whose identity provider signs somebody in. Exactly one of the two is named.
public struct FindSignIn: Codable, Sendable {
  public var organizationId: OrganizationID?
  /// Of a person's address, in lower case. Names an organization only where exactly one claims it.
  public var emailDomain: String?

  public init(organizationId: OrganizationID? = nil, emailDomain: String? = nil) {
    self.organizationId = organizationId
    self.emailDomain = emailDomain
  }
}

/// Where a sign-in leads, for the page that says so before.
public struct SignInFacts: Codable, Sendable {
  public var organizationId: OrganizationID
  public var organizationName: String
  public var issuer: String

  public init(organizationId: OrganizationID, organizationName: String, issuer: String) {
    self.organizationId = organizationId
    self.organizationName = organizationName
    self.issuer = issuer
  }
}

/// Sends a browser to the organization's identity provider.
///
/// Verifier and nonce are derived from the browser's own secret and the state, which the gateway alone sees: nothing that is stored could
/// complete the sign-in.
public struct StartSignIn: Codable, Sendable {
  public var organizationId: OrganizationID
  public var state: WireSecret
  /// SHA-256 of the browser's secret.
  public var browserHash: String
  public var nonce: WireSecret
  /// RFC 7636 section 4.2, S256.
  public var codeChallenge: String
  /// Whether the person must prove themselves anew, signed in at the provider or not.
  public var isStepUp: Bool

  public init(
    organizationId: OrganizationID, state: WireSecret, browserHash: String, nonce: WireSecret, codeChallenge: String,
    isStepUp: Bool
  ) {
    self.organizationId = organizationId
    self.state = state
    self.browserHash = browserHash
    self.nonce = nonce
    self.codeChallenge = codeChallenge
    self.isStepUp = isStepUp
  }
}

/// The browser's way back, with what the gateway derives again.
public struct FinishSignIn: Codable, Sendable {
  /// Of the redirect URI that the answer came to.
  public var organizationId: OrganizationID
  public var state: WireSecret
  public var browserHash: String
  public var nonce: WireSecret
  public var codeVerifier: WireSecret
  public var code: WireSecret?
  /// RFC 6749 section 4.1.2.1.
  public var error: String?
  /// RFC 9207.
  public var issuer: String?
  /// The browser's session in the organization until now, if any: it ends.
  public var replaces: CredentialHash?

  public init(
    organizationId: OrganizationID, state: WireSecret, browserHash: String, nonce: WireSecret, codeVerifier: WireSecret,
    code: WireSecret?, error: String?, issuer: String?, replaces: CredentialHash?
  ) {
    self.organizationId = organizationId
    self.state = state
    self.browserHash = browserHash
    self.nonce = nonce
    self.codeVerifier = codeVerifier
    self.code = code
    self.error = error
    self.issuer = issuer
    self.replaces = replaces
  }
}

/// Puts a sign-in on record before the browser leaves.
public struct BeginSignIn: Codable, Sendable {
  public var organizationId: OrganizationID
  public var stateHash: String
  public var browserHash: String
  public var isStepUp: Bool

  public init(organizationId: OrganizationID, stateHash: String, browserHash: String, isStepUp: Bool) {
    self.organizationId = organizationId
    self.stateHash = stateHash
    self.browserHash = browserHash
    self.isStepUp = isStepUp
  }
}

/// What a request to the identity provider is made of.
public struct SignInClient: Codable, Sendable {
  public var issuer: String
  public var clientId: String
  public var redirectUri: String
  public var scopes: [String]

  public init(issuer: String, clientId: String, redirectUri: String, scopes: [String]) {
    self.issuer = issuer
    self.clientId = clientId
    self.redirectUri = redirectUri
    self.scopes = scopes
  }
}

/// Names a sign-in that is under way.
public struct SignInReference: Codable, Sendable {
  public var organizationId: OrganizationID
  public var stateHash: String

  public init(organizationId: OrganizationID, stateHash: String) {
    self.organizationId = organizationId
    self.stateHash = stateHash
  }
}

/// Spends the state of a sign-in, once and in the browser that began it.
public struct ClaimSignIn: Codable, Sendable {
  public var organizationId: OrganizationID
  public var stateHash: String
  public var browserHash: String

  public init(organizationId: OrganizationID, stateHash: String, browserHash: String) {
    self.organizationId = organizationId
    self.stateHash = stateHash
    self.browserHash = browserHash
  }
}

/// A sign-in whose state was spent.
public struct ClaimedSignIn: Codable, Sendable {
  public var client: SignInClient
  /// Under which the secret lies in the vault, as an Integration's does.
  public var secretId: IntegrationID
  /// ``Grant/Purpose/verify`` for that secret.
  public var grant: SignedGrant

  public init(client: SignInClient, secretId: IntegrationID, grant: SignedGrant) {
    self.client = client
    self.secretId = secretId
    self.grant = grant
  }
}

/// Signs the browser in as the person of a verified ID token.
public struct CompleteSignIn: Codable, Sendable {
  public var signIn: SignInReference
  /// The whole payload; its signature, issuer, audience, time and nonce have been checked.
  public var claims: JSONValue
  public var replaces: CredentialHash?

  public init(signIn: SignInReference, claims: JSONValue, replaces: CredentialHash?) {
    self.signIn = signIn
    self.claims = claims
    self.replaces = replaces
  }
}

/// Records that a sign-in ended with nobody signed in.
public struct RefuseSignIn: Codable, Sendable {
  public var signIn: SignInReference
  /// A word of ours, never the provider's.
  public var reason: String

  public init(signIn: SignInReference, reason: String) {
    self.signIn = signIn
    self.reason = reason
  }
}

/// Signing in by OpenID Connect. The exchanger talks to the provider and verifies, the policy service decides who that is.
public enum SignInEndpoints {
  /// Fails with `not_found`.
  public static let find = Endpoint<FindSignIn, SignInFacts>(
    .policy, .post, "/internal/sign-ins/find", callers: [.gateway])
  public static let start = Endpoint<StartSignIn, StartedAuthorization>(
    .exchanger, .post, "/internal/sign-ins/start", callers: [.gateway], timeoutSeconds: 30)
  /// Fails with `invalid_state` for an answer that belongs to no sign-in of this browser, and with `sign_in_refused` when nobody is to be
  /// signed in.
  public static let finish = Endpoint<FinishSignIn, StartedBrowserSession>(
    .exchanger, .post, "/internal/sign-ins/finish", callers: [.gateway], timeoutSeconds: 60)
  /// Fails with `not_found` where the organization has no identity provider.
  public static let begin = Endpoint<BeginSignIn, SignInClient>(
    .policy, .post, "/internal/sign-ins/begin", callers: [.exchanger])
  /// Once; fails with `invalid_state`.
  public static let claim = Endpoint<ClaimSignIn, ClaimedSignIn>(
    .policy, .post, "/internal/sign-ins/claim", callers: [.exchanger])
  /// Once, after ``claim``; fails with `sign_in_refused`.
  public static let complete = Endpoint<CompleteSignIn, StartedBrowserSession>(
    .policy, .post, "/internal/sign-ins/complete", callers: [.exchanger])
  public static let refuse = Endpoint<RefuseSignIn, Empty>(
    .policy, .post, "/internal/sign-ins/refuse", callers: [.exchanger])
}
