/// Some things of one kind: how many there are, and the first of them.
public struct Counted<Item: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
  /// Things that are named at most. A person reads them.
  public static var maximumListed: Int { 50 }

  public var count: Int
  /// In the order of their ids.
  public var first: [Item]

  public init(count: Int, first: [Item]) {
    self.count = count
    self.first = first
  }
}

/// Who and what a change touches, each thing once.
public struct Affected: Codable, Hashable, Sendable {
  /// One tool of an MCP server.
  public struct Tool: Codable, Hashable, Sendable {
    public var mcpServerId: MCPServerID
    public var name: String

    public init(mcpServerId: MCPServerID, name: String) {
      self.mcpServerId = mcpServerId
      self.name = name
    }
  }

  /// Members who could do something afterwards that they cannot do now, or the other way round.
  public var members: Counted<UserID>
  /// Charms with which somebody's access is another one.
  public var charms: Counted<String>
  /// Applications in which somebody's access is another one; those that no rule and no setting tells apart are not named.
  public var applications: Counted<String>
  public var integrations: Counted<IntegrationID>
  public var mcpServers: Counted<MCPServerID>
  public var tools: Counted<Tool>
  /// Connections that would be revoked, out of use or differently used. Revoked ones do not count.
  public var connections: Counted<ConnectionID>

  public init(
    members: Counted<UserID>, charms: Counted<String>, applications: Counted<String>,
    integrations: Counted<IntegrationID>, mcpServers: Counted<MCPServerID>, tools: Counted<Tool>,
    connections: Counted<ConnectionID>
  ) {
    self.members = members
    self.charms = charms
    self.applications = applications
    self.integrations = integrations
    self.mcpServers = mcpServers
    self.tools = tools
    self.connections = connections
  }
}
