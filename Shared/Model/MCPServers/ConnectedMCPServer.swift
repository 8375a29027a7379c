/// `POST /v1/mcp-servers/{id}/connect`
public struct ConnectMCPServer: Codable, Sendable {
  /// The Application that connects, as the host page says; absent: the member, or the session's Charm.
  public var application: ApplicationDescription?
  /// The account that the person picked. One that is gone is ignored.
  public var preferredConnectionId: ConnectionID?

  public init(application: ApplicationDescription? = nil, preferredConnectionId: ConnectionID? = nil) {
    self.application = application
    self.preferredConnectionId = preferredConnectionId
  }
}

/// The answer of `POST /v1/mcp-servers/{id}/connect`.
public struct ConnectedMCPServer: Codable, Sendable {
  public enum Status: String, Codable, Sendable {
    /// Calls work.
    case ready
    /// `accounts`: the person must pick one, or connect another one by `flow`.
    case selectAccount
    /// `flow`: the person must connect an account.
    case consentRequired
  }

  /// What a server says about itself.
  public struct Introduction: Codable, Sendable, Hashable {
    public var name: String
    public var version: String

    public init(name: String, version: String) {
      self.name = name
      self.version = version
    }
  }

  public var status: Status
  /// The organization's name for the server; present where an Application connects.
  public var name: String?
  /// Present at `ready` where an Application connects: the server was greeted.
  public var server: Introduction?
  public var accounts: [OAuthAuthDescriptor]?
  public var flow: Flow?

  public init(
    status: Status, name: String? = nil, server: Introduction? = nil, accounts: [OAuthAuthDescriptor]? = nil,
    flow: Flow? = nil
  ) {
    self.status = status
    self.name = name
    self.server = server
    self.accounts = accounts
    self.flow = flow
  }
}

/// `POST /v1/mcp-servers/list`
public struct ListMCPServers: Codable, Sendable {
  public var application: ApplicationDescription

  public init(application: ApplicationDescription) { self.application = application }
}
