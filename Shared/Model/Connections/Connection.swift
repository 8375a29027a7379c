public import FoundationEssentials

/// One member's authorization of one provider account, as people see it. Never a token.
public struct Connection: Codable, Sendable {
  /// The state of a Connection, with what to do next in ``Connection/reason``.
  public enum Status: String, Codable, Sendable, CaseIterable {
    case active
    /// The last refreshes failed for a passing reason; tokens are served while they live.
    case degraded
    /// The person must authorize the account again.
    case needsReauthorization
    /// The Integration's credentials are refused by the provider; the owner must act, the person need not.
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
  public var status: Status
  /// Why, as a stable word such as `invalid_grant`; absent while active.
  public var reason: String?
  /// When the access token ends; absent = it does not say.
  public var expiresAt: Date?
  public var createdAt: Date
  public var lastUsedAt: Date?

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
