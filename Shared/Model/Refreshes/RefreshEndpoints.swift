/// The refresh protocol between vault and exchanger: lease with a fence, provider call, commit. And the gateway's way to ask for one.
public enum RefreshEndpoints {
  /// ``Grant/Purpose/release`` that reaches the Connection. One exchanger at a time gets the lease.
  public static let begin = Endpoint<BeginRefresh, RefreshLease>(
    .vault, .post, "/internal/refreshes/begin", callers: [.exchanger])
  /// Stores the new tokens under the lease. Nobody sees them before this has answered.
  public static let commit = Endpoint<CommitRefresh, RefreshCommitment>(
    .vault, .post, "/internal/refreshes/commit", callers: [.exchanger])
  /// Ends the lease without tokens.
  public static let fail = Endpoint<FailRefresh, Empty>(
    .vault, .post, "/internal/refreshes/fail", callers: [.exchanger])

  /// Refreshes one Connection under the caller's grant; answers when the tokens are durable or somebody else is at it.
  public static let refresh = Endpoint<RefreshConnection, RefreshOutcome>(
    .exchanger, .post, "/internal/refreshes", callers: [.gateway], timeoutSeconds: 40)
}

/// Asks for the lease.
public struct BeginRefresh: Codable, Sendable {
  public var connectionId: ConnectionID
  /// Refresh although the token has not ended.
  public var force: Bool

  public init(connectionId: ConnectionID, force: Bool) {
    self.connectionId = connectionId
    self.force = force
  }
}

/// The vault's answer to ``BeginRefresh``.
public struct RefreshLease: Codable, Sendable {
  public enum State: String, Codable, Sendable {
    /// The lease is the caller's: `lease` holds what the provider call needs.
    case leased
    /// Another one holds it.
    case inProgress
    /// The token is fresh already.
    case notDue
    /// There is nothing to refresh with: the provider gave no refresh token, or the Connection is not active.
    case impossible
    /// The provider does not answer, or is asked too often: after `retryAfter` seconds.
    case postponed
  }

  /// What goes into the one provider call.
  public struct Lease: Codable, Sendable {
    public var fence: Int64
    public var generation: Int64
    public var organizationId: OrganizationID
    public var integrationId: IntegrationID
    public var refreshToken: WireSecret?
    /// For providers that renew by exchanging the access token itself.
    public var accessToken: WireSecret?
    public var clientSecret: WireSecret?
    public var grantedScopes: [String]
    public var metadata: [String: String]
    /// Seconds that the lease lasts from now; the provider call must end before, by the caller's monotonic clock.
    public var leaseSeconds: Int
    /// The call is to be made after this time, so that the provider is not asked too often; absent for at once.
    public var waitMilliseconds: Int?
    /// Absent where there is no client secret, and from an older vault.
    public var secretVersions: ClientSecretVersions?

    public init(
      fence: Int64, generation: Int64, organizationId: OrganizationID, integrationId: IntegrationID,
      refreshToken: WireSecret?, accessToken: WireSecret?, clientSecret: WireSecret?, grantedScopes: [String],
      metadata: [String: String], leaseSeconds: Int, waitMilliseconds: Int? = nil,
      secretVersions: ClientSecretVersions? = nil
    ) {
      self.fence = fence
      self.generation = generation
      self.organizationId = organizationId
      self.integrationId = integrationId
      self.refreshToken = refreshToken
      self.accessToken = accessToken
      self.clientSecret = clientSecret
      self.grantedScopes = grantedScopes
      self.metadata = metadata
      self.leaseSeconds = leaseSeconds
      self.waitMilliseconds = waitMilliseconds
      self.secretVersions = secretVersions
    }
  }

  /// The reason of one that is postponed since the provider refuses the Integration's client, not the other way round.
  public static let clientRefused = "client_refused"

  public var state: State
  public var lease: Lease?
  /// Why it is impossible or postponed, as a stable word.
  public var reason: String?
  /// Seconds after which asking again makes sense, for one that is postponed.
  public var retryAfter: Int?

  public init(state: State, lease: Lease? = nil, reason: String? = nil, retryAfter: Int? = nil) {
    self.state = state
    self.lease = lease
    self.reason = reason
    self.retryAfter = retryAfter
  }
}

/// Names a lease.
public struct LeaseReference: Codable, Sendable, Hashable {
  public var organizationId: OrganizationID
  public var connectionId: ConnectionID
  public var fence: Int64
  public var generation: Int64

  public init(organizationId: OrganizationID, connectionId: ConnectionID, fence: Int64, generation: Int64) {
    self.organizationId = organizationId
    self.connectionId = connectionId
    self.fence = fence
    self.generation = generation
  }
}

/// Stores what the provider answered.
public struct CommitRefresh: Codable, Sendable {
  public var lease: LeaseReference
  public var tokens: TokenSet
  /// What the provider said of the client's secrets; absent where it has none, and from the journal.
  public var secrets: ClientSecretVerdict?

  public init(lease: LeaseReference, tokens: TokenSet, secrets: ClientSecretVerdict? = nil) {
    self.lease = lease
    self.tokens = tokens
    self.secrets = secrets
  }
}

/// The vault's answer to ``CommitRefresh``.
public struct RefreshCommitment: Codable, Sendable {
  public enum State: String, Codable, Sendable {
    case committed
    /// The lease is no longer the caller's: the fresh tokens must be revoked at the provider, not dropped.
    case superseded
  }

  public var state: State
  public var generation: Int64
  /// With `superseded`: a live Connection holds the same grant at the provider, so the fresh tokens must not be revoked there.
  public var sharesGrant: Bool?

  public init(state: State, generation: Int64, sharesGrant: Bool? = nil) {
    self.state = state
    self.generation = generation
    self.sharesGrant = sharesGrant
  }
}

/// How a provider call failed, by the error table of the refresh protocol.
public enum RefreshFailureClass: String, Codable, Sendable, CaseIterable {
  /// Nothing was sent, or the provider asked for patience: the Connection stays as it is.
  case transient
  /// Sent, and no usable answer: the provider may have acted.
  case outcomeUnknown
  /// The provider refuses this refresh token: the person must authorize again.
  case needsReauthorization
  /// The provider refuses the Integration: its owner must act, Connections stay untouched.
  case configError
}

/// Ends a lease without tokens.
public struct FailRefresh: Codable, Sendable {
  public var lease: LeaseReference
  public var failure: RefreshFailureClass
  /// A stable word such as `invalid_grant` or `timeout`; never the provider's text.
  public var reason: String
  /// Seconds that the provider asked us to wait.
  public var retryAfter: Int?
  /// What the provider said of the client's secrets; absent where it said nothing.
  public var secrets: ClientSecretVerdict?

  public init(
    lease: LeaseReference, failure: RefreshFailureClass, reason: String, retryAfter: Int? = nil,
    secrets: ClientSecretVerdict? = nil
  ) {
    self.lease = lease
    self.failure = failure
    self.reason = reason
    self.retryAfter = retryAfter
    self.secrets = secrets
  }

  /// Whether the provider knows none of the client's secrets, so that this says nothing about the Connection. What failed otherwise after the
  /// newest secret was refused, by silence or a server's error, is no word about the one before it.
  public var isClientRefusal: Bool { failure == .configError && secrets?.isRefusal == true }
}

/// The gateway's request to refresh.
public struct RefreshConnection: Codable, Sendable {
  public var connectionId: ConnectionID
  public var force: Bool

  public init(connectionId: ConnectionID, force: Bool) {
    self.connectionId = connectionId
    self.force = force
  }
}

/// How it went; on anything but a failure the gateway resolves again.
public struct RefreshOutcome: Codable, Sendable {
  public enum State: String, Codable, Sendable { case refreshed, inProgress, notDue, impossible }

  public var state: State
  public var reason: String?

  public init(state: State, reason: String? = nil) {
    self.state = state
    self.reason = reason
  }
}
