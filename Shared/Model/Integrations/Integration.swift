public import FoundationEssentials

/// The organization's registered OAuth application at a provider. The client secret is in the vault and in nothing that is read back.
public struct Integration: Codable, Sendable, Identifiable {
  public enum Status: String, Codable, Sendable, CaseIterable { case enabled, disabled }

  /// How Lanyard became the provider's client.
  public enum Registration: String, Codable, Sendable, CaseIterable {
    /// Somebody registered it there and brought id and secret along.
    case manual
    /// By the address of Lanyard's own client document.
    case clientIdMetadata
    /// By itself (RFC 7591).
    case dynamic
  }

  public var id: IntegrationID
  public var name: String
  /// The catalogue's id, or `custom`.
  public var provider: String
  /// The authorization server's base URL, normalized: what Applications select by.
  public var providerUrl: String
  public var clientId: String
  public var defaultScopes: [String]
  /// The ceiling on what may be asked for; absent = no ceiling.
  public var maximumScopes: [String]?
  public var variables: [String: String]
  /// The endpoints of a `custom` provider, with what discovery found.
  public var custom: CustomProvider?
  public var status: Status
  /// The exact redirect URI to register at the provider.
  public var redirectUri: String
  /// When the client secret ends, if the owner or the provider said so.
  public var secretExpiresAt: Date?
  /// Absent from answers of an older service: ``Registration/manual``.
  public var registration: Registration?
  /// The MCP server that it was made for by discovery: it serves that one alone, and goes with it.
  public var mcpServerId: MCPServerID?
  public var createdAt: Date
  public var updatedAt: Date
  /// The live client secrets without the secrets, the newest first; absent while the vault cannot be asked.
  public var secrets: [ClientSecret]?
  /// What keeps it from working; absent while nothing is known to.
  public var problem: IntegrationProblem?

  public init(
    id: IntegrationID, name: String, provider: String, providerUrl: String, clientId: String, defaultScopes: [String],
    maximumScopes: [String]?, variables: [String: String], custom: CustomProvider?, status: Status, redirectUri: String,
    secretExpiresAt: Date?, registration: Registration? = nil, mcpServerId: MCPServerID? = nil, createdAt: Date,
    updatedAt: Date, secrets: [ClientSecret]? = nil, problem: IntegrationProblem? = nil
  ) {
    self.id = id
    self.name = name
    self.provider = provider
    self.providerUrl = providerUrl
    self.clientId = clientId
    self.defaultScopes = defaultScopes
    self.maximumScopes = maximumScopes
    self.variables = variables
    self.custom = custom
    self.status = status
    self.redirectUri = redirectUri
    self.secretExpiresAt = secretExpiresAt
    self.registration = registration
    self.mcpServerId = mcpServerId
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.secrets = secrets
    self.problem = problem
  }
}

/// `POST /v1/integrations`
public struct CreateIntegration: Codable, Sendable {
  public var name: String
  /// The catalogue's id, or `custom`.
  public var provider: String
  public var clientId: String
  /// Absent only for a public client of a provider that allows one.
  public var clientSecret: WireSecret?
  public var defaultScopes: [String]?
  public var maximumScopes: [String]?
  public var variables: [String: String]?
  public var custom: CustomProvider?

  public init(
    name: String, provider: String, clientId: String, clientSecret: WireSecret?, defaultScopes: [String]? = nil,
    maximumScopes: [String]? = nil, variables: [String: String]? = nil, custom: CustomProvider? = nil
  ) {
    self.name = name
    self.provider = provider
    self.clientId = clientId
    self.clientSecret = clientSecret
    self.defaultScopes = defaultScopes
    self.maximumScopes = maximumScopes
    self.variables = variables
    self.custom = custom
  }
}

/// `PATCH /v1/integrations/{id}`: absent fields stay as they are. Provider, client id and endpoints are fixed: tokens are bound to them.
public struct UpdateIntegration: Codable, Sendable {
  public var name: String?
  public var defaultScopes: [String]?
  public var maximumScopes: CeilingChange
  public var status: Integration.Status?

  public init(
    name: String? = nil, defaultScopes: [String]? = nil, maximumScopes: CeilingChange = .unchanged,
    status: Integration.Status? = nil
  ) {
    self.name = name
    self.defaultScopes = defaultScopes
    self.maximumScopes = maximumScopes
    self.status = status
  }

  private enum CodingKeys: String, CodingKey { case name, defaultScopes, maximumScopes, status }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decodeIfPresent(String.self, forKey: .name)
    defaultScopes = try container.decodeIfPresent([String].self, forKey: .defaultScopes)
    maximumScopes = try container.decodeCeiling(forKey: .maximumScopes)
    status = try container.decodeIfPresent(Integration.Status.self, forKey: .status)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(name, forKey: .name)
    try container.encodeIfPresent(defaultScopes, forKey: .defaultScopes)
    try container.encodeCeiling(maximumScopes, forKey: .maximumScopes)
    try container.encodeIfPresent(status, forKey: .status)
  }
}

/// `POST /v1/integrations/{id}/secrets`
public struct RotateClientSecret: Codable, Sendable {
  public var clientSecret: WireSecret
  /// When the new secret ends, if known.
  public var expiresAt: Date?

  public init(clientSecret: WireSecret, expiresAt: Date? = nil) {
    self.clientSecret = clientSecret
    self.expiresAt = expiresAt
  }
}

/// One finding of `POST /v1/integrations/{id}/check`.
public struct IntegrationCheck: Codable, Sendable {
  /// Stable, for programs: `discovery`, `authorization_endpoint`, `token_endpoint`, `client_credentials`, …
  public var name: String
  public var ok: Bool
  /// What was seen and what to do about it.
  public var detail: String

  public init(name: String, ok: Bool, detail: String) {
    self.name = name
    self.ok = ok
    self.detail = detail
  }
}

/// What the exchanger needs of an Integration to speak to its provider; the secret comes from the vault.
public struct IntegrationClient: Codable, Sendable {
  public var integrationId: IntegrationID
  public var organizationId: OrganizationID
  public var name: String
  public var provider: String
  public var providerUrl: String
  public var variables: [String: String]
  public var custom: CustomProvider?
  public var clientId: String
  public var defaultScopes: [String]
  public var maximumScopes: [String]?
  public var redirectUri: String
  public var status: Integration.Status

  public init(
    integrationId: IntegrationID, organizationId: OrganizationID, name: String, provider: String, providerUrl: String,
    variables: [String: String], custom: CustomProvider?, clientId: String, defaultScopes: [String],
    maximumScopes: [String]?, redirectUri: String, status: Integration.Status
  ) {
    self.integrationId = integrationId
    self.organizationId = organizationId
    self.name = name
    self.provider = provider
    self.providerUrl = providerUrl
    self.variables = variables
    self.custom = custom
    self.clientId = clientId
    self.defaultScopes = defaultScopes
    self.maximumScopes = maximumScopes
    self.redirectUri = redirectUri
    self.status = status
  }
}
