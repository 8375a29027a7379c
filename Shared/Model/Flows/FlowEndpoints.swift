/// Flows, answered by the vault.
public enum FlowEndpoints {
  /// The name of the fact in a refusal of ``complete``.
  public static let sharesGrant = "sharesGrant"

  /// ``Grant/Purpose/connect``.
  public static let create = Endpoint<CreateFlow, FlowFacts>(
    .vault, .post, "/internal/flows/create", callers: [.gateway])
  /// By the unguessable id alone: the popup has no session. Holds no secret. Ended flows answer too, expired ones as failed with `flow_expired`.
  public static let facts = Endpoint<Reference<FlowKind>, FlowFacts>(
    .vault, .post, "/internal/flows/facts", callers: [.gateway, .exchanger])
  /// ``Grant/Purpose/watch`` of the flow's own user. Waits for the end.
  public static let status = Endpoint<FlowQuery, FlowStatus>(
    .vault, .post, "/internal/flows/status", callers: [.gateway], timeoutSeconds: 35)
  /// ``Grant/Purpose/watch`` of the flow's own user: `user_cancelled`.
  public static let cancel = Endpoint<Reference<FlowKind>, FlowStatus>(
    .vault, .post, "/internal/flows/cancel", callers: [.gateway])
  /// ``Grant/Purpose/authorize`` for this flow. Replaces an earlier transaction of the flow.
  public static let beginAuthorization = Endpoint<BeginAuthorization, Empty>(
    .vault, .post, "/internal/flows/begin-authorization", callers: [.exchanger])
  /// No grant yet: state and browser are the proof, and nothing secret comes back. A second claim, another browser or an ended flow fails
  /// with `invalid_state`; another person than the flow's with `forbidden`, and the flow stays as it is.
  public static let claimAuthorization = Endpoint<ClaimAuthorization, FlowFacts>(
    .vault, .post, "/internal/flows/claim-authorization", callers: [.exchanger])
  /// ``Grant/Purpose/authorize`` for this flow, once after the claim.
  public static let releaseAuthorization = Endpoint<Reference<FlowKind>, ReleasedAuthorization>(
    .vault, .post, "/internal/flows/release-authorization", callers: [.exchanger])
  /// ``Grant/Purpose/authorize`` for this flow. Where a live Connection holds the same grant at the provider, a refusal carries the fact
  /// ``sharesGrant``: then the fresh tokens must not be revoked there.
  public static let complete = Endpoint<CompleteFlow, Connection>(
    .vault, .post, "/internal/flows/complete", callers: [.exchanger])
  /// After a claim or from the connect page; the first end of a flow stands.
  public static let fail = Endpoint<FailFlow, FlowStatus>(
    .vault, .post, "/internal/flows/fail", callers: [.exchanger, .gateway])
}

/// Authorizations at the provider, answered by the exchanger.
public enum AuthorizationEndpoints {
  /// The person pressed "Continue": where to send the browser.
  public static let start = Endpoint<StartAuthorization, StartedAuthorization>(
    .exchanger, .post, "/internal/authorizations/start", callers: [.gateway], timeoutSeconds: 30)
  /// The provider sent the browser back. The flow's end is stored before this answers.
  public static let callback = Endpoint<AuthorizationCallback, AuthorizationOutcome>(
    .exchanger, .post, "/internal/authorizations/callback", callers: [.gateway], timeoutSeconds: 60)
}

/// Begins a trip to the provider for the browser that holds the cookie.
public struct StartAuthorization: Codable, Sendable {
  public var flowId: FlowID
  public var browserHash: String

  public init(flowId: FlowID, browserHash: String) {
    self.flowId = flowId
    self.browserHash = browserHash
  }
}

/// Where the browser goes. Holds `state`: never logged.
public struct StartedAuthorization: Codable, Sendable {
  public var authorizationUrl: WireSecret

  public init(authorizationUrl: WireSecret) { self.authorizationUrl = authorizationUrl }
}

/// The authorization response (RFC 6749 section 4.1.2, RFC 9207).
public struct AuthorizationCallback: Codable, Sendable {
  public var state: WireSecret
  public var code: WireSecret?
  public var error: String?
  public var issuer: String?
  public var browserHash: String
  /// The last part of `/oauth/callback/{key}` where the Integration has a redirect URI of its own.
  public var redirectKey: String?
  /// Other parameters of the response, for providers that put account data there; the catalogue's allow list decides which are kept.
  public var parameters: [String: String]
  /// Who is signed in in that browser; absent where nobody is.
  public var person: FlowPerson?

  public init(
    state: WireSecret, code: WireSecret?, error: String?, issuer: String?, browserHash: String, redirectKey: String?,
    parameters: [String: String], person: FlowPerson? = nil
  ) {
    self.state = state
    self.code = code
    self.error = error
    self.issuer = issuer
    self.browserHash = browserHash
    self.redirectKey = redirectKey
    self.parameters = parameters
    self.person = person
  }
}

/// A member, as a flow is held against them.
public struct FlowPerson: Codable, Sendable, Hashable {
  public var organizationId: OrganizationID
  public var userId: UserID

  public init(organizationId: OrganizationID, userId: UserID) {
    self.organizationId = organizationId
    self.userId = userId
  }
}

/// How a flow ended, for the page that says so.
public struct AuthorizationOutcome: Codable, Sendable {
  public var facts: FlowFacts
  public var account: ProviderAccount?

  public init(facts: FlowFacts, account: ProviderAccount?) {
    self.facts = facts
    self.account = account
  }
}
