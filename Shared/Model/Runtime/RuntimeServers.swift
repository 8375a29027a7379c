public import FoundationEssentials

/// Asks for everything that an agent runtime needs to call MCP servers in a member's name.
public struct RuntimeRequest: Codable, Sendable {
  /// The Charm that will act; absent: the session's, if it has one.
  public var charmId: String?

  public init(charmId: String?) { self.charmId = charmId }
}

/// One MCP server, with a token of its own.
public struct RuntimeServer: Codable, Sendable {
  public var descriptor: MCPServerDescriptor
  /// Unique in the organization and fit for a program's name.
  public var slug: String
  /// `lym_…`, for this server's endpoint and for nothing else.
  public var token: WireSecret
  /// At the latest when the session ends that asked.
  public var expiresAt: Date

  public init(descriptor: MCPServerDescriptor, slug: String, token: WireSecret, expiresAt: Date) {
    self.descriptor = descriptor
    self.slug = slug
    self.token = token
    self.expiresAt = expiresAt
  }
}

/// The answer, by slug.
public struct RuntimeServers: Codable, Sendable {
  public var servers: [RuntimeServer]

  public init(servers: [RuntimeServer]) { self.servers = servers }
}

/// What agent runtimes need, answered by the policy service.
public enum RuntimeEndpoints {
  /// For a member's session. Fails with `not_found` for a Charm that the organization does not have.
  public static let servers = Endpoint<OnBehalf<RuntimeRequest>, RuntimeServers>(
    .policy, .post, "/internal/runtime/servers", callers: [.gateway])
}
