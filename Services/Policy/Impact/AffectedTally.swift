import Model

/// Counts whom and what changes of access touch, each thing once.
struct AffectedTally: Sendable {
  private var members = 0
  private var firstMembers: [UserID] = []
  private var charms: Set<String> = []
  private var applications: Set<String> = []
  private var integrations: Set<IntegrationID> = []
  private var servers: Set<MCPServerID> = []
  private var tools: Set<Affected.Tool> = []
  private var connections = Counted<ConnectionID>(count: 0, first: [])

  /// Adds everything that is different for one member. Members come in the order of their ids.
  mutating func add(_ changes: [RulePreview.AccessChange]) {
    guard let member = changes.first?.userId else { return }
    members += 1
    if firstMembers.count < Counted<UserID>.maximumListed { firstMembers.append(member) }
    for change in changes {
      if let charm = change.charmId { charms.insert(charm) }
      if let application = change.applicationId { applications.insert(application) }
      if let integration = change.integrationId { integrations.insert(integration) }
      guard let server = change.mcpServerId else { continue }
      servers.insert(server)
      if let tool = change.tool { tools.insert(Affected.Tool(mcpServerId: server, name: tool)) }
    }
  }

  /// Adds Connections that are not among those added before.
  mutating func add(_ more: Counted<ConnectionID>) {
    connections = Counted(connections.count + more.count, connections.first + more.first) { $0.rawValue }
  }

  var affected: Affected {
    Affected(
      members: Counted(count: members, first: firstMembers), charms: Counted(charms.count, charms) { $0 },
      applications: Counted(applications.count, applications) { $0 },
      integrations: Counted(integrations.count, integrations) { $0.rawValue },
      mcpServers: Counted(servers.count, servers) { $0.rawValue },
      tools: Counted(tools.count, tools) { "\($0.mcpServerId) \($0.name)" }, connections: connections)
  }
}

extension Counted {
  fileprivate init(_ count: Int, _ items: some Sequence<Item>, order: (Item) -> String) {
    self.init(count: count, first: Array(items.sorted { order($0) < order($1) }.prefix(Self.maximumListed)))
  }
}
