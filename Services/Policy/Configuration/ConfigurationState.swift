import Model

/// What an organization has set up, as one transaction sees it.
struct ConfigurationState: Sendable {
  var organization: OrganizationID
  var defaultEffect: Decision.Effect
  var integrations: [IntegrationRecord]
  var servers: [MCPServerRecord]
  var charms: [Charm]
  /// Those with a setting of their own, and those that a document names.
  var applications: [Application]
  var rules: [Rule]
  /// The host platform's ids of members whom rules name.
  var members: [UserID: String]

  /// Those that owners made; the others come and go with their MCP server.
  var ownIntegrations: [IntegrationRecord] { integrations.filter { $0.mcpServerId == nil } }

  /// Everything's id: the same things stand behind the same document only where these are the same.
  var ids: Set<String> {
    Set(
      integrations.map(\.id.rawValue) + servers.map(\.id.rawValue) + charms.map(\.id) + rules.map(\.id.rawValue))
  }
}

extension Application {
  /// Whether an owner has set anything about it.
  var hasOwnSetting: Bool { state != .allowed || tokenRelease != .release }
}
