public import FoundationEssentials

/// The organization's definition of an MCP endpoint, as owners and admins see it. A static token is in the vault and in nothing that is
/// read back.
public struct MCPServer: Codable, Sendable, Identifiable {
  public enum Status: String, Codable, Sendable, CaseIterable { case enabled, disabled }

  /// What was found by the URL alone, and is held on to.
  public struct Discovered: Codable, Sendable, Hashable {
    /// The authorization server. Credentials go to this one alone.
    public var issuer: String
    /// What tokens are asked for (RFC 8707).
    public var resource: String
    public var discoveredAt: Date

    public init(issuer: String, resource: String, discoveredAt: Date) {
      self.issuer = issuer
      self.resource = resource
      self.discoveredAt = discoveredAt
    }
  }

  /// Why nothing is sent to the server until an owner or admin has looked.
  public struct ConfigError: Codable, Sendable, Hashable {
    public enum Reason: String, Codable, Sendable {
      /// The server names another authorization server than the one that was found.
      case issuerChanged
    }

    public var reason: Reason
    /// A sentence with what to do.
    public var detail: String
    /// The issuer that it names now.
    public var issuer: String
    public var since: Date

    public init(reason: Reason, detail: String, issuer: String, since: Date) {
      self.reason = reason
      self.detail = detail
      self.issuer = issuer
      self.since = since
    }
  }

  public var id: MCPServerID
  public var name: String
  /// Stands before the names of its tools where several servers are joined. Made of the name once, unique in the organization, and never
  /// changed: agents know tools by it.
  public var slug: String
  /// Fixed: members' Connections and the static token are bound to it.
  public var url: String
  public var auth: MCPServerAuth
  /// The ceiling on its tools. Absent: all of them. Empty: none.
  public var allowedTools: [String]?
  public var description: String?
  public var status: Status
  /// Whether every tool must be approved before it is used, and again when its definition changes. A server with `allowedTools` is held to
  /// what was approved in any case, but takes its first catalogue as approved.
  public var pinning: Bool
  /// For `oauth` that was found by the URL.
  public var discovered: Discovered?
  /// Present while the server is out of use for it.
  public var configError: ConfigError?
  public var createdAt: Date
  public var updatedAt: Date

  public init(
    id: MCPServerID, name: String, slug: String, url: String, auth: MCPServerAuth, allowedTools: [String]?,
    description: String?, status: Status, pinning: Bool, discovered: Discovered? = nil,
    configError: ConfigError? = nil, createdAt: Date, updatedAt: Date
  ) {
    self.id = id
    self.name = name
    self.slug = slug
    self.url = url
    self.auth = auth
    self.allowedTools = allowedTools
    self.description = description
    self.status = status
    self.pinning = pinning
    self.discovered = discovered
    self.configError = configError
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }
}

/// `POST /v1/mcp-servers`
public struct CreateMCPServer: Codable, Sendable {
  public var name: String
  public var url: String
  public var auth: MCPServerAuthInput
  /// Absent: all tools. Empty: none.
  public var allowedTools: [String]?
  public var description: String?
  /// Off unless said otherwise.
  public var pinning: Bool?

  public init(
    name: String, url: String, auth: MCPServerAuthInput, allowedTools: [String]? = nil, description: String? = nil,
    pinning: Bool? = nil
  ) {
    self.name = name
    self.url = url
    self.auth = auth
    self.allowedTools = allowedTools
    self.description = description
    self.pinning = pinning
  }
}

/// An MCP server as members see it: never its URL, its authentication or its Integration.
public struct MCPServerDescriptor: Codable, Sendable, Hashable {
  public var id: MCPServerID
  public var name: String
  public var description: String?
  /// What the organization and, where a Charm acts, the Charm leave of the server's tools. Absent: all of them.
  public var allowedTools: [String]?
  /// Present and true for servers that the platform brings along.
  public var isPlatform: Bool?
  /// Whether its tools work with an account that the member connects.
  public var needsConnection: Bool

  public init(
    id: MCPServerID, name: String, description: String?, allowedTools: [String]?, isPlatform: Bool? = nil,
    needsConnection: Bool
  ) {
    self.id = id
    self.name = name
    self.description = description
    self.allowedTools = allowedTools
    self.isPlatform = isPlatform
    self.needsConnection = needsConnection
  }
}
