public import FoundationEssentials

/// One member's authorization of one provider account, as people see it. Never a token.
public struct Connection: Codable, Sendable {
  /// The state of a Connection. Why is in ``Connection/reason``, what to do about it in ``Connection/nextStep``.
  public enum Status: String, Codable, Sendable, CaseIterable {
    case active
    /// The last refreshes failed for a passing reason; tokens are served while they live.
    case degraded
    /// The person must authorize the account again.
    case needsReauthorization
    /// The Integration's credentials are refused by the provider; the owner must act, the person need not. Tokens are served while they live.
    case configError
    case paused
    case revoked
  }

  public var id: ConnectionID
  public var userId: UserID
  public var integrationId: IntegrationID
  public var provider: String
  public var providerUrl: String
  public var scope: ConnectionScope
  /// The Application's name as it was declared at consent.
  public var applicationName: String?
  public var providerAccountId: String
  public var displayIdentifier: String
  public var displayName: String?
  public var displayAvatar: String?
  public var scopes: [String]
  public var isDefault: Bool
  public var status: Status { didSet { nextStep = NextStep(after: status) } }
  /// Why, as a stable word such as `invalid_grant`; absent while active.
  public var reason: String?
  /// When the access token ends; absent = it does not say.
  public var expiresAt: Date?
  public var createdAt: Date
  public var lastUsedAt: Date?
  /// What is to be done; absent while nothing is, and from an older service.
  public var nextStep: NextStep?

  public init(
    id: ConnectionID, userId: UserID, integrationId: IntegrationID, provider: String, providerUrl: String,
    scope: ConnectionScope, applicationName: String?, providerAccountId: String, displayIdentifier: String,
    displayName: String?, displayAvatar: String?, scopes: [String], isDefault: Bool, status: Status, reason: String?,
    expiresAt: Date?, createdAt: Date, lastUsedAt: Date?
  ) {
    self.id = id
    self.userId = userId
    self.integrationId = integrationId
    self.provider = provider
    self.providerUrl = providerUrl
    self.scope = scope
    self.applicationName = applicationName
    self.providerAccountId = providerAccountId
    self.displayIdentifier = displayIdentifier
    self.displayName = displayName
    self.displayAvatar = displayAvatar
    self.scopes = scopes
    self.isDefault = isDefault
    self.status = status
    self.reason = reason
    self.expiresAt = expiresAt
    self.createdAt = createdAt
    self.lastUsedAt = lastUsedAt
    nextStep = NextStep(after: status)
  }
}

extension Connection {
  /// What is to be done about a Connection, and by whom.
  public enum NextStep: String, Codable, Sendable {
    /// Nothing: it is tried again by itself, and tokens are served while they live.
    case wait
    /// Its person authorizes the same account again (`POST /v1/connections/{id}/reconnect`); the id stays.
    case reconnect
    /// An owner or admin stores a client secret that the provider accepts (`POST /v1/integrations/{id}/secrets`).
    case correctIntegration
    /// Its person ends the pause (`POST /v1/connections/{id}/resume`).
    case resume
    /// Its person connects the account anew.
    case connect

    /// Nil for a Connection that works.
    public init?(after status: Status) {
      switch status {
      case .active: return nil
      case .degraded: self = .wait
      case .needsReauthorization: self = .reconnect
      case .configError: self = .correctIntegration
      case .paused: self = .resume
      case .revoked: self = .connect
      }
    }
  }
}

/// The account at the provider that a Connection speaks for, as the exchanger learned it.
public struct ProviderAccount: Codable, Sendable, Hashable {
  /// The provider's stable id, prefixed with the tenant where ids are not global.
  public var id: String
  /// E-mail, else user name, else the id.
  public var displayIdentifier: String
  public var displayName: String?
  public var displayAvatar: String?
  /// True when the provider does not tell accounts apart and the id was made up: then it proves nothing when the account is connected again.
  public var isGenerated: Bool?

  public init(
    id: String, displayIdentifier: String, displayName: String? = nil, displayAvatar: String? = nil,
    isGenerated: Bool? = nil
  ) {
    self.isGenerated = isGenerated
    self.id = id
    self.displayIdentifier = displayIdentifier
    self.displayName = displayName
    self.displayAvatar = displayAvatar
  }
}

/// `OAuthAuth` of the browser API. `expiresAt` is Unix milliseconds; absent = never expires.
public struct OAuthAuth: Codable, Sendable {
  public var id: ConnectionID
  public var providerUrl: String
  public var providerAccountId: String
  public var scopes: [String]
  public var accessToken: WireSecret
  public var expiresAt: Int64?
  public var displayIdentifier: String
  public var displayName: String?
  public var displayAvatar: String?
  public var `default`: Bool?

  public init(_ connection: Connection, accessToken: Secret<String>) {
    let descriptor = OAuthAuthDescriptor(connection)
    id = descriptor.id
    providerUrl = descriptor.providerUrl
    providerAccountId = descriptor.providerAccountId
    scopes = descriptor.scopes
    self.accessToken = WireSecret(accessToken)
    expiresAt = descriptor.expiresAt
    displayIdentifier = descriptor.displayIdentifier
    displayName = descriptor.displayName
    displayAvatar = descriptor.displayAvatar
    `default` = descriptor.default
  }
}

/// `OAuthAuthDescriptor` of the browser API: ``OAuthAuth`` without the token.
public struct OAuthAuthDescriptor: Codable, Sendable {
  public var id: ConnectionID
  public var providerUrl: String
  public var providerAccountId: String
  public var scopes: [String]
  public var expiresAt: Int64?
  public var displayIdentifier: String
  public var displayName: String?
  public var displayAvatar: String?
  public var `default`: Bool?

  public init(_ connection: Connection) {
    id = connection.id
    providerUrl = connection.providerUrl
    providerAccountId = connection.providerAccountId
    scopes = connection.scopes
    expiresAt = connection.expiresAt.map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) }
    displayIdentifier = connection.displayIdentifier
    displayName = connection.displayName
    displayAvatar = connection.displayAvatar
    `default` = connection.isDefault ? true : nil
  }
}
