import Model
import Rules

/// Puts together what an organization has set up, as decisions look at it.
struct AccessWorldReader: Sendable {
  let access: MCPAccessService

  /// The organization with everything that is enabled, and with the Charms and Applications that rules name.
  ///
  /// - Parameters:
  ///   - rules: those in force.
  ///   - others: rules that are looked at too.
  ///   - server: one that is looked at although it may be turned off.
  func world(
    under rules: RulesInForce, and others: RulesInForce? = nil, with server: MCPServerID? = nil
  ) async throws -> AccessWorld {
    let organization = rules.set.organization
    async let own = access.integrations.enabled(.all, in: organization)
    let servers = try await access.servers.enabled(nil, in: organization)
    // Those that were made for one server are in no other list.
    let used = try await access.integrations.enabled(.ids(servers.compactMap(\.auth.integrationId)), in: organization)
    let all = [rules] + (others.map { [$0] } ?? [])
    let entries = try await access.tools.entries(
      of: servers.map(\.id) + (server.map { [$0] } ?? []), in: organization,
      withDefinitions: all.contains(where: \.mentionsAnnotations))
    var world = AccessWorld(
      integrations: [:], servers: Dictionary(uniqueKeysWithValues: servers.map { ($0.id, $0) }), charms: [:],
      applications: [:], rules: rules, entries: entries, access: access, now: access.now())
    for record in try await own + used { world.integrations[record.id] = record }
    for id in Set(all.flatMap(\.namedCharms)) {
      world.charms[id] = try await access.charms.find(id, in: organization)
    }
    for id in Set(all.flatMap(\.namedApplications)) {
      world.applications[id] = try await access.applications.store.find(id, in: organization)
    }
    return world
  }
}

extension AccessWorld {
  /// The member alone, and in the hands of each Charm and Application that is looked at.
  static func agents(_ charms: Set<String>, _ applications: Set<String>) -> [Agent] {
    [.member] + charms.sorted().map(Agent.charm) + applications.sorted().map(Agent.application)
  }

  /// Puts an Integration in its place, which is none while it is turned off.
  mutating func set(_ record: IntegrationRecord) {
    integrations[record.id] = record.status == .enabled ? record : nil
  }

  /// Puts an MCP server in its place, which is none while it is turned off.
  mutating func set(_ record: MCPServerRecord) {
    servers[record.id] = record.status == .enabled ? record : nil
  }

  /// The servers that work with an Integration.
  func servers(through integration: IntegrationID) -> Set<MCPServerID> {
    Set(servers.values.filter { $0.auth.integrationId == integration }.map(\.id))
  }

  /// The Integrations that were made for a server alone.
  func integrations(madeFor server: MCPServerID) -> [IntegrationID] {
    integrations.values.filter { $0.mcpServerId == server }.map(\.id)
  }
}
