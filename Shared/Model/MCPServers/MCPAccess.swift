public import FoundationEssentials

/// Asks the policy service: which MCP servers may this caller use, with which tools, and under which grant?
public struct MCPAccessRequest: Codable, Sendable, Hashable {
  /// Absent: every server that the caller may use.
  public var mcpServerId: MCPServerID?
  /// The Application that acts, which then has Connections of its own.
  public var application: ApplicationDescription?

  public init(mcpServerId: MCPServerID? = nil, application: ApplicationDescription? = nil) {
    self.mcpServerId = mcpServerId
    self.application = application
  }
}

/// The answer. The gateway keeps it until `expiresAt` or until the change feed withdraws it.
public struct MCPAccess: Codable, Sendable {
  /// Ordered by slug. The one that was named, also when it is refused; else those that are not.
  public var servers: [MCPServerAccess]
  /// When the grants end.
  public var expiresAt: Date

  public init(servers: [MCPServerAccess], expiresAt: Date) {
    self.servers = servers
    self.expiresAt = expiresAt
  }
}

/// One server, for one caller.
public struct MCPServerAccess: Codable, Sendable {
  public var id: MCPServerID
  public var slug: String
  public var name: String
  public var url: String
  public var auth: MCPServerAuth
  /// The authorization server that was found by the URL; absent where an owner named the Integration.
  public var issuer: String?
  /// The enabled Integration behind `oauth`.
  public var integration: ConnectionAccess.IntegrationSummary?
  /// What a Connection must cover, for `oauth`.
  public var scopes: [String]
  /// Which tools may be listed and called.
  public var tools: EffectiveTools
  /// The tools of the stored catalogue that the caller may use. Their definitions are left out where every server was asked for.
  public var catalogue: [CataloguedTool]
  /// When the server's list of tools was stored last; absent where it never was.
  public var catalogueStoredAt: Date?
  /// Whose Connections, for `oauth`: those of the server, or those of the Application that was named.
  public var scope: ConnectionScope?
  /// For `oauth`: ``Grant/Purpose/release``, ``Grant/Purpose/list`` and ``Grant/Purpose/connect``. For `staticToken`:
  /// ``Grant/Purpose/useStaticToken``. Absent for `none`, when refused, and where there is no Integration or no person.
  public var grant: SignedGrant?
  /// Whether the caller may use the server at all.
  public var decision: Decision

  public init(
    id: MCPServerID, slug: String, name: String, url: String, auth: MCPServerAuth, issuer: String? = nil,
    integration: ConnectionAccess.IntegrationSummary?, scopes: [String], tools: EffectiveTools,
    catalogue: [CataloguedTool], catalogueStoredAt: Date? = nil, scope: ConnectionScope?, grant: SignedGrant?,
    decision: Decision
  ) {
    self.id = id
    self.slug = slug
    self.name = name
    self.url = url
    self.auth = auth
    self.issuer = issuer
    self.integration = integration
    self.scopes = scopes
    self.tools = tools
    self.catalogue = catalogue
    self.catalogueStoredAt = catalogueStoredAt
    self.scope = scope
    self.grant = grant
    self.decision = decision
  }

  /// Whether a catalogue was ever stored.
  public var hasCatalogue: Bool { tools.hasCatalogue }
}

/// A tool of the stored catalogue.
public struct CataloguedTool: Codable, Sendable, Hashable {
  public var name: String
  public var definitionHash: String
  /// The JSON text, in the server's own words.
  public var definition: String?

  public init(name: String, definitionHash: String, definition: String?) {
    self.name = name
    self.definitionHash = definitionHash
    self.definition = definition
  }
}

/// Grants for MCP servers, answered by the policy service.
public enum MCPAccessEndpoints {
  /// Fails with `not_found` for a server that the organization does not have or has turned off, and with `application_blocked`.
  public static let authorize = Endpoint<OnBehalf<MCPAccessRequest>, MCPAccess>(
    .policy, .post, "/internal/mcp-access/authorize", callers: [.gateway])
}
