import Model

/// The Charm that a session is bound to, as far as the organization knows it. One that it does not know has nothing.
struct ActingCharm: Sendable {
  let id: String
  let charm: Charm?

  func part(for server: MCPServerID) -> EffectiveTools.CharmPart {
    charm?.part(for: server) ?? EffectiveTools.CharmPart(id: id, hasServer: false)
  }

  /// The servers that it has.
  var servers: [MCPServerID] { charm?.mcpServers.map(\.mcpServerId) ?? [] }
}

extension CharmStore {
  /// Nil when no Charm acts.
  func acting(for principal: Principal) async throws -> ActingCharm? {
    guard let id = principal.caller.charmId else { return nil }
    return ActingCharm(id: id, charm: try await find(id, in: principal.organizationId))
  }
}
