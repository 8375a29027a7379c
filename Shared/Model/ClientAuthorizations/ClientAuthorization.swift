public import FoundationEssentials

/// What a person let an MCP client do in their name, as they see it.
public struct ClientAuthorization: Codable, Sendable, Identifiable {
  public var id: ClientAuthorizationID
  public var clientId: String
  public var clientName: String
  /// Where the person was sent back to; without the port where that does not count.
  public var redirectUri: String
  /// The one MCP server that it reaches; absent: every server that the person may use.
  public var mcpServerId: MCPServerID?
  public var createdAt: Date
  /// When it last got tokens.
  public var lastUsedAt: Date?

  public init(
    id: ClientAuthorizationID, clientId: String, clientName: String, redirectUri: String, mcpServerId: MCPServerID?,
    createdAt: Date, lastUsedAt: Date?
  ) {
    self.id = id
    self.clientId = clientId
    self.clientName = clientName
    self.redirectUri = redirectUri
    self.mcpServerId = mcpServerId
    self.createdAt = createdAt
    self.lastUsedAt = lastUsedAt
  }
}

/// What a client asks a person for.
public struct ClientRequest: Codable, Sendable, Hashable {
  public var clientId: String
  public var kind: ClientKind
  public var redirectUri: String
  /// Absent: every server that the person may use.
  public var mcpServerId: MCPServerID?

  public init(clientId: String, kind: ClientKind, redirectUri: String, mcpServerId: MCPServerID?) {
    self.clientId = clientId
    self.kind = kind
    self.redirectUri = redirectUri
    self.mcpServerId = mcpServerId
  }
}

/// What a person should know before they agree.
public struct ClientRequestReview: Codable, Sendable {
  /// The names of the servers that the client would reach today.
  public var servers: [String]
  /// Whether this person has agreed to exactly this before and need not be asked again.
  public var isRemembered: Bool

  public init(servers: [String], isRemembered: Bool) {
    self.servers = servers
    self.isRemembered = isRemembered
  }
}

/// A person agrees.
public struct AuthorizeClient: Codable, Sendable {
  public var request: ClientRequest
  public var clientName: String
  /// The client's `S256` code challenge (RFC 7636 section 4.2).
  public var codeChallenge: String

  public init(request: ClientRequest, clientName: String, codeChallenge: String) {
    self.request = request
    self.clientName = clientName
    self.codeChallenge = codeChallenge
  }
}

/// An authorization code on its way through the browser. Stored only as a hash.
public struct IssuedClientCode: Codable, Sendable {
  public var code: WireSecret
  public var expiresAt: Date

  public init(code: WireSecret, expiresAt: Date) {
    self.code = code
    self.expiresAt = expiresAt
  }
}

/// What people let MCP clients do, answered by the policy service.
public enum ClientAuthorizationEndpoints {
  /// For a person who signed in to our own pages, as ``authorize``. Fails with `not_found` for a server that they do not have.
  public static let review = Endpoint<OnBehalf<ClientRequest>, ClientRequestReview>(
    .policy, .post, "/internal/client-authorizations/review", callers: [.gateway])
  public static let authorize = Endpoint<OnBehalf<AuthorizeClient>, IssuedClientCode>(
    .policy, .post, "/internal/client-authorizations/authorize", callers: [.gateway])
  /// The member's own, newest first.
  public static let list = Endpoint<OnBehalf<PageRequest>, Page<ClientAuthorization>>(
    .policy, .post, "/internal/client-authorizations/list", callers: [.gateway])
  /// Every token of it stops at once.
  public static let revoke = Endpoint<OnBehalf<Reference<ClientAuthorizationKind>>, Empty>(
    .policy, .post, "/internal/client-authorizations/revoke", callers: [.gateway])
}
