/// Asks the policy service: may this caller, through this Application, use Connections of these Integrations?
public struct AccessRequest: Codable, Sendable {
  /// The authorization server's base URL. At most one of this and `integrationId`; with neither, every Integration that the rules allow the
  /// Application (it acts on a Connection by id, within its own scope), or all of a person's own when no Application is named.
  public var providerUrl: String?
  public var integrationId: IntegrationID?
  /// Absent when a person manages their own Connections in the console or through the API.
  public var application: ApplicationDescription?
  /// What is wanted; the answer's grant holds exactly these or the call is refused.
  public var purposes: Set<Grant.Purpose>
  public var scopes: [String]?

  public init(
    providerUrl: String? = nil, integrationId: IntegrationID? = nil, application: ApplicationDescription? = nil,
    purposes: Set<Grant.Purpose>, scopes: [String]? = nil
  ) {
    self.providerUrl = providerUrl
    self.integrationId = integrationId
    self.application = application
    self.purposes = purposes
    self.scopes = scopes
  }
}

/// The answer: a grant for exactly what was asked, and what a flow would need.
public struct ConnectionAccess: Codable, Sendable {
  /// An Integration of the organization, as far as members may know it.
  public struct IntegrationSummary: Codable, Sendable, Hashable {
    public var id: IntegrationID
    public var name: String
    public var provider: String
    public var providerName: String
    public var providerUrl: String
    public var defaultScopes: [String]
    public var maximumScopes: [String]?
    /// Scopes that tell who the account is; merged into every request.
    public var identityScopes: [String]

    public init(
      id: IntegrationID, name: String, provider: String, providerName: String, providerUrl: String,
      defaultScopes: [String], maximumScopes: [String]?, identityScopes: [String]
    ) {
      self.id = id
      self.name = name
      self.provider = provider
      self.providerName = providerName
      self.providerUrl = providerUrl
      self.defaultScopes = defaultScopes
      self.maximumScopes = maximumScopes
      self.identityScopes = identityScopes
    }
  }

  public var grant: SignedGrant
  public var decision: Decision
  /// Those that match the selector and that the rules allow, newest first; the first one serves a new Connection.
  public var integrations: [IntegrationSummary]
  public var scope: ConnectionScope?

  public init(grant: SignedGrant, decision: Decision, integrations: [IntegrationSummary], scope: ConnectionScope?) {
    self.grant = grant
    self.decision = decision
    self.integrations = integrations
    self.scope = scope
  }
}

/// Grants, answered by the policy service.
public enum AccessEndpoints {
  /// Fails with `integration_not_found`, `application_blocked` or `policy_denied`. The gateway keeps the answer until the grant ends or the
  /// change feed withdraws it.
  public static let authorize = Endpoint<OnBehalf<AccessRequest>, ConnectionAccess>(
    .policy, .post, "/internal/access/authorize", callers: [.gateway])
  /// A grant with ``Grant/Purpose/authorize`` for one flow. The rules are asked again: they may have changed since the flow began.
  public static let authorizeFlow = Endpoint<FlowFacts, ClientAccess>(
    .policy, .post, "/internal/access/authorize-flow", callers: [.exchanger])
}
