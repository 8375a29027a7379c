import Model

extension Affected {
  /// Whom and what a change touches, in one line.
  var summary: String {
    "\(members.count) members, \(charms.count) Charms, \(applications.count) Applications, "
      + "\(mcpServers.count) MCP servers, \(tools.count) tools, \(integrations.count) Integrations, "
      + "\(connections.count) Connections"
  }
}
