import Model
import ServiceKit

/// What people do with their own Connections, and administrators with everyone's.
struct ConnectionManagement: Sendable {
  let peers: PeerClients
  let access: AccessBroker
  let flows: FlowStarter
  let servers: MCPAccessBroker
  let consent: MCPConsent
  let echo: ChangeEcho

  /// Members see their own; owners, admins and API keys see everyone's, without tokens.
  func list(_ request: ListConnections, for identity: CallerIdentity) async throws -> Page<Connection> {
    let grant = try await grant(for: identity, own: .list)
    return try await peers.call(ConnectionEndpoints.list, request, grant: grant)
  }

  func show(_ id: ConnectionID, for identity: CallerIdentity) async throws -> Connection {
    let grant = try await grant(for: identity, own: .list)
    return try await peers.call(ConnectionEndpoints.show, Reference(id: id), grant: grant)
  }

  /// Returns once this replica has let go of the tokens that it held for MCP servers.
  func revoke(_ id: ConnectionID, for identity: CallerIdentity) async throws -> StartedRevocation {
    let grant = try await grant(for: identity, own: .revoke)
    return try await echo.after(identity.caller.organizationId) {
      try await peers.call(ConnectionEndpoints.revoke, Reference(id: id), grant: grant)
    }
  }

  /// Only the person whose Connection it is: a default or a pause is their own choice.
  func change(_ id: ConnectionID, _ change: ConnectionChange, for identity: CallerIdentity) async throws -> Connection {
    let access = try await access.access(identity, purposes: [.manage])
    return try await peers.call(ConnectionEndpoints.change, Targeted(id, change), grant: access.grant)
  }

  /// Begins a flow that authorizes the same account again and keeps the id.
  func reconnect(_ id: ConnectionID, for identity: CallerIdentity) async throws -> Flow {
    let own = try await access.access(identity, purposes: [.list])
    let connection = try await peers.call(ConnectionEndpoints.show, Reference(id: id), grant: own.grant)
    switch connection.scope.applicationType {
    case .application: return try await reconnect(connection, ofApplicationOf: identity)
    case .mcpServer:
      guard let serverId = MCPServerID(validating: connection.scope.applicationId) else {
        throw ServiceError(.connectionNotFound, "The MCP server of this Connection is not known any more.")
      }
      let server = try await servers.allowed(serverId, for: identity)
      return try await consent.begin(server, .init(again: connection), for: identity)
    }
  }

  private func reconnect(_ connection: Connection, ofApplicationOf identity: CallerIdentity) async throws -> Flow {
    let application = ApplicationDescription(
      id: connection.scope.applicationId, appId: connection.scope.appId, name: connection.applicationName)
    let access = try await access.access(
      identity, application: application, integrationId: connection.integrationId, purposes: [.connect])
    return try await flows.start(
      FlowWish(application: application, scopes: connection.scopes, again: connection), under: access, for: identity)
  }

  func grant(for identity: CallerIdentity, own purpose: Grant.Purpose) async throws -> SignedGrant {
    let purposes: Set<Grant.Purpose> = identity.caller.role.mayConfigure ? [.administer] : [purpose]
    return try await access.access(identity, purposes: purposes).grant
  }
}
