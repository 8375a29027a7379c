/// Asks how many live Connections there are of some kinds. One that is of several kinds counts once.
public struct CountConnections: Codable, Sendable {
  /// Kinds in one question.
  public static let maximumKinds = 1_000

  /// Connections of one kind: those with everything that is given.
  public struct Kind: Codable, Hashable, Sendable {
    public var userIds: [UserID]?
    public var integrationId: IntegrationID?
    public var applicationType: ConnectionScope.ApplicationType?
    /// The platform's identity of the Application, or the id of the MCP server.
    public var applicationId: String?
    /// Those that hold a scope which is not among these.
    public var scopesBeyond: [String]?
    /// Those that hold one of these scopes.
    public var scopesAmong: [String]?

    public init(
      userIds: [UserID]? = nil, integrationId: IntegrationID? = nil,
      applicationType: ConnectionScope.ApplicationType? = nil, applicationId: String? = nil,
      scopesBeyond: [String]? = nil, scopesAmong: [String]? = nil
    ) {
      self.userIds = userIds
      self.integrationId = integrationId
      self.applicationType = applicationType
      self.applicationId = applicationId
      self.scopesBeyond = scopesBeyond
      self.scopesAmong = scopesAmong
    }
  }

  public var kinds: [Kind]

  public init(kinds: [Kind]) { self.kinds = kinds }
}

extension ConnectionEndpoints {
  /// ``Grant/Purpose/administer``. Counts, and names the first.
  public static let count = Endpoint<CountConnections, Counted<ConnectionID>>(
    .vault, .post, "/internal/connections/count", callers: [.policy])
}
