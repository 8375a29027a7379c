public import FoundationEssentials

/// `POST /v1/revocations`: exactly one of the fields.
public struct CreateRevocation: Codable, Sendable {
  public var userId: UserID?
  public var integrationId: IntegrationID?
  public var mcpServerId: MCPServerID?
  public var all: Bool?

  public init(
    userId: UserID? = nil, integrationId: IntegrationID? = nil, mcpServerId: MCPServerID? = nil, all: Bool? = nil
  ) {
    self.userId = userId
    self.integrationId = integrationId
    self.mcpServerId = mcpServerId
    self.all = all
  }
}

/// A revocation that is durable and under way.
public struct StartedRevocation: Codable, Sendable {
  public var id: RevocationID

  public init(id: RevocationID) { self.id = id }
}

/// `GET /v1/revocations/{id}`: the honest state of each token.
public struct RevocationReport: Codable, Sendable {
  /// What became of one Connection's tokens. They are unusable here from the first moment in every state.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// The provider confirmed.
    case revoked
    /// The provider has no revocation endpoint: the tokens end at `providerExpiresAt` or when the person removes the grant there.
    case notRevocableAtProvider
    /// Other Connections share the provider's grant: revoking would break them, so only our copies are gone.
    case sharedGrantKept
    /// Still trying.
    case pending
    /// Gave up after the last retry.
    case failed
  }

  /// One Connection of the revocation.
  public struct Item: Codable, Sendable {
    public var connectionId: ConnectionID
    public var state: State
    public var attempts: Int
    /// A stable word about the last attempt.
    public var reason: String?
    public var providerExpiresAt: Date?
    public var finishedAt: Date?

    public init(
      connectionId: ConnectionID, state: State, attempts: Int, reason: String?, providerExpiresAt: Date?,
      finishedAt: Date?
    ) {
      self.connectionId = connectionId
      self.state = state
      self.attempts = attempts
      self.reason = reason
      self.providerExpiresAt = providerExpiresAt
      self.finishedAt = finishedAt
    }
  }

  public var id: RevocationID
  public var createdAt: Date
  /// How many Connections are in each state, by the state's name; each state is there.
  public var totals: [String: Int]
  public var items: [Item]
  /// Null on the last page.
  public var nextCursor: String?

  public init(id: RevocationID, createdAt: Date, totals: [String: Int], items: [Item], nextCursor: String?) {
    self.id = id
    self.createdAt = createdAt
    self.totals = totals
    self.items = items
    self.nextCursor = nextCursor
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(createdAt, forKey: .createdAt)
    try container.encode(totals, forKey: .totals)
    try container.encode(items, forKey: .items)
    try container.encode(nextCursor, forKey: .nextCursor)
  }
}

/// One piece of work for the exchanger: tell one provider about one Connection's tokens.
public struct RevocationTask: Codable, Sendable {
  public var organizationId: OrganizationID
  public var connectionId: ConnectionID
  public var integrationId: IntegrationID
  /// The provider's id of the account, for providers that are told by it.
  public var providerAccountId: String
  /// Names the claim; a report with an older one changes nothing.
  public var fence: Int64
  public var refreshToken: WireSecret?
  public var accessToken: WireSecret?
  public var clientSecret: WireSecret?
  public var metadata: [String: String]
  public var attempts: Int
  /// Absent where there is no client secret, and from an older vault.
  public var secretVersions: ClientSecretVersions?

  public init(
    organizationId: OrganizationID, connectionId: ConnectionID, integrationId: IntegrationID,
    providerAccountId: String, fence: Int64, refreshToken: WireSecret?, accessToken: WireSecret?,
    clientSecret: WireSecret?, metadata: [String: String],
    attempts: Int, secretVersions: ClientSecretVersions? = nil
  ) {
    self.organizationId = organizationId
    self.connectionId = connectionId
    self.integrationId = integrationId
    self.providerAccountId = providerAccountId
    self.fence = fence
    self.refreshToken = refreshToken
    self.accessToken = accessToken
    self.clientSecret = clientSecret
    self.metadata = metadata
    self.attempts = attempts
    self.secretVersions = secretVersions
  }
}

/// Asks for revocation work; waits for the first piece.
public struct ClaimRevocations: Codable, Sendable {
  public var limit: Int
  public var waitSeconds: Int

  public init(limit: Int, waitSeconds: Int) {
    self.limit = limit
    self.waitSeconds = waitSeconds
  }
}

/// What the provider said. `pending` puts the task back with a delay.
public struct ReportRevocation: Codable, Sendable {
  public var organizationId: OrganizationID
  public var connectionId: ConnectionID
  public var fence: Int64
  public var state: RevocationReport.State
  public var reason: String?
  public var retryAfter: Int?

  public init(
    organizationId: OrganizationID, connectionId: ConnectionID, fence: Int64, state: RevocationReport.State,
    reason: String?, retryAfter: Int?
  ) {
    self.organizationId = organizationId
    self.connectionId = connectionId
    self.fence = fence
    self.state = state
    self.reason = reason
    self.retryAfter = retryAfter
  }
}

/// Asks for a report, a page of its items at a time.
public struct RevocationQuery: Codable, Sendable {
  public var id: RevocationID
  public var page: PageRequest

  public init(id: RevocationID, page: PageRequest = PageRequest()) {
    self.id = id
    self.page = page
  }
}

/// Revocations, answered by the vault.
public enum RevocationEndpoints {
  /// ``Grant/Purpose/administer``.
  public static let create = Endpoint<CreateRevocation, StartedRevocation>(
    .vault, .post, "/internal/revocations/create", callers: [.gateway, .policy], timeoutSeconds: 60)
  /// ``Grant/Purpose/administer``, or ``Grant/Purpose/revoke`` of the user who began it.
  public static let report = Endpoint<RevocationQuery, RevocationReport>(
    .vault, .post, "/internal/revocations/report", callers: [.gateway])
  /// Work that a grant has already allowed when it was begun; at a bounded rate.
  public static let claim = Endpoint<ClaimRevocations, [RevocationTask]>(
    .vault, .post, "/internal/revocations/claim", callers: [.exchanger], timeoutSeconds: 35)
  public static let finish = Endpoint<ReportRevocation, Empty>(
    .vault, .post, "/internal/revocations/finish", callers: [.exchanger])
}
