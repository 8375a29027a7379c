/// `POST /v1/auth/resolve`
public struct ResolveRequest: Codable, Sendable {
  public var providerUrl: String?
  public var integrationId: IntegrationID?
  public var scopes: [String]?
  public var prompt: ResolveConnection.Prompt?
  /// A descriptor's id: this Connection and no other.
  public var connectionKey: ConnectionID?
  /// The account that the person picked, now or earlier in this session. Unlike `connectionKey` it may lead to consent for that account,
  /// and one that no longer exists is ignored.
  public var preferredConnectionId: ConnectionID?
  public var application: ApplicationDescription

  public init(
    providerUrl: String? = nil, integrationId: IntegrationID? = nil, scopes: [String]? = nil,
    prompt: ResolveConnection.Prompt? = nil, connectionKey: ConnectionID? = nil,
    preferredConnectionId: ConnectionID? = nil, application: ApplicationDescription
  ) {
    self.providerUrl = providerUrl
    self.integrationId = integrationId
    self.scopes = scopes
    self.prompt = prompt
    self.connectionKey = connectionKey
    self.preferredConnectionId = preferredConnectionId
    self.application = application
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    providerUrl = try container.decodeIfPresent(String.self, forKey: .providerUrl)
    integrationId = try container.decodeNameIfPresent(IntegrationKind.self, forKey: .integrationId)
    scopes = try container.decodeIfPresent([String].self, forKey: .scopes)
    prompt = try container.decodeIfPresent(ResolveConnection.Prompt.self, forKey: .prompt)
    connectionKey = try container.decodeNameIfPresent(ConnectionKind.self, forKey: .connectionKey)
    preferredConnectionId = try container.decodeNameIfPresent(ConnectionKind.self, forKey: .preferredConnectionId)
    application = try container.decode(ApplicationDescription.self, forKey: .application)
  }
}

/// The answer of `POST /v1/auth/resolve`.
public struct ResolveResponse: Codable, Sendable {
  public enum Status: String, Codable, Sendable { case ready, selectAccount, consentRequired }

  public var status: Status
  public var auth: OAuthAuth?
  public var accounts: [OAuthAuthDescriptor]?
  public var flow: Flow?

  public init(
    status: Status, auth: OAuthAuth? = nil, accounts: [OAuthAuthDescriptor]? = nil, flow: Flow? = nil
  ) {
    self.status = status
    self.auth = auth
    self.accounts = accounts
    self.flow = flow
  }
}

/// `POST /v1/auth/list`
public struct ListAuthRequest: Codable, Sendable {
  public var providerUrl: String?
  public var integrationId: IntegrationID?
  public var application: ApplicationDescription

  public init(
    providerUrl: String? = nil, integrationId: IntegrationID? = nil, application: ApplicationDescription
  ) {
    self.providerUrl = providerUrl
    self.integrationId = integrationId
    self.application = application
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    providerUrl = try container.decodeIfPresent(String.self, forKey: .providerUrl)
    integrationId = try container.decodeNameIfPresent(IntegrationKind.self, forKey: .integrationId)
    application = try container.decode(ApplicationDescription.self, forKey: .application)
  }
}

/// `POST /v1/auth/refresh` and `POST /v1/auth/revoke`
public struct ConnectionActionRequest: Codable, Sendable {
  public var connectionId: ConnectionID
  public var application: ApplicationDescription

  public init(connectionId: ConnectionID, application: ApplicationDescription) {
    self.connectionId = connectionId
    self.application = application
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    connectionId = try container.decodeName(ConnectionKind.self, forKey: .connectionId)
    application = try container.decode(ApplicationDescription.self, forKey: .application)
  }
}
