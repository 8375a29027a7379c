public import FoundationEssentials

/// An agent of the organization, and the MCP servers that it has. A session that names it reaches these and no others.
public struct Charm: Codable, Sendable {
  /// One server of a Charm.
  public struct Server: Codable, Sendable, Hashable {
    public var mcpServerId: MCPServerID
    /// Narrows what the organization allows. Absent: no narrowing. Empty: none.
    public var allowedTools: [String]?

    public init(mcpServerId: MCPServerID, allowedTools: [String]? = nil) {
      self.mcpServerId = mcpServerId
      self.allowedTools = allowedTools
    }
  }

  /// The host platform's id for it, or one of ours.
  public var id: String
  public var name: String
  public var mcpServers: [Server]
  public var createdAt: Date
  public var updatedAt: Date

  public init(id: String, name: String, mcpServers: [Server], createdAt: Date, updatedAt: Date) {
    self.id = id
    self.name = name
    self.mcpServers = mcpServers
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }
}

/// `POST /v1/charms`
public struct CreateCharm: Codable, Sendable {
  /// The host platform's id; one of ours when absent.
  public var id: String?
  public var name: String
  public var mcpServers: [Charm.Server]

  public init(id: String? = nil, name: String, mcpServers: [Charm.Server]) {
    self.id = id
    self.name = name
    self.mcpServers = mcpServers
  }
}

/// `PATCH /v1/charms/{id}`: absent fields stay as they are; a list replaces the whole one.
public struct UpdateCharm: Codable, Sendable {
  public var name: String?
  public var mcpServers: [Charm.Server]?

  public init(name: String? = nil, mcpServers: [Charm.Server]? = nil) {
    self.name = name
    self.mcpServers = mcpServers
  }
}

/// Names a Charm, with what is to change about it.
public struct TargetedCharm: Codable, Sendable {
  public var id: String
  /// Only in updates.
  public var update: UpdateCharm?

  public init(id: String, update: UpdateCharm? = nil) {
    self.id = id
    self.update = update
  }
}

/// Charms, answered by the policy service. For owners and admins.
public enum CharmEndpoints {
  public static let create = Endpoint<OnBehalf<CreateCharm>, Charm>(
    .policy, .post, "/internal/charms/create", callers: [.gateway])
  public static let list = Endpoint<OnBehalf<PageRequest>, Page<Charm>>(
    .policy, .post, "/internal/charms/list", callers: [.gateway])
  public static let show = Endpoint<OnBehalf<TargetedCharm>, Charm>(
    .policy, .post, "/internal/charms/show", callers: [.gateway])
  public static let update = Endpoint<OnBehalf<TargetedCharm>, Charm>(
    .policy, .post, "/internal/charms/update", callers: [.gateway])
  public static let delete = Endpoint<OnBehalf<TargetedCharm>, Empty>(
    .policy, .post, "/internal/charms/delete", callers: [.gateway])
}
