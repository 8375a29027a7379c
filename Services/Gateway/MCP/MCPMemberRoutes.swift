import Model
import ServiceKit

/// What people do about MCP servers before an agent calls them: connect their account, fetch the list of tools.
struct MCPMemberRoutes: Sendable {
  let access: MCPAccessBroker
  let connecting: MCPConnecting
  let tools: MCPToolRefresh

  func add(to router: inout PublicRouter) {
    router.post("/v1/mcp-servers/list", list)
    router.post("/v1/mcp-servers/{id}/connect", connect)
    router.post("/v1/mcp-servers/{id}/tools/refresh", refresh)
  }

  /// What an Application may use. Members have a list of their own, with more in it.
  @Sendable func list(_ call: PublicCall) async throws -> PublicResponse {
    let request = try await call.body(ListMCPServers.self)
    let servers = try await access.servers(for: try acting(call.identity, for: request.application))
    return try .ok(Page(items: servers.map(\.descriptor)))
  }

  /// `ready`, or what the person must do: pick an account, or connect one.
  @Sendable func connect(_ call: PublicCall) async throws -> PublicResponse {
    let request = try await call.optionalBody(ConnectMCPServer.self) ?? ConnectMCPServer()
    guard request.application != nil || request.preferredConnectionId == nil else {
      throw ServiceError(.invalidRequest, "preferredConnectionId needs application.")
    }
    let id = try call.id(MCPServerKind.self)
    let identity = try acting(call.identity, for: request.application, request.preferredConnectionId)
    return try .ok(try await connecting.connect(try await access.allowed(id, for: identity), for: identity))
  }

  private func acting(
    _ identity: CallerIdentity, for application: ApplicationDescription?, _ connection: ConnectionID? = nil
  ) throws -> CallerIdentity {
    try application?.validate()
    var identity = identity
    identity.application = application.map { ActingApplication($0, connectionId: connection) }
    return identity
  }

  @Sendable func refresh(_ call: PublicCall) async throws -> PublicResponse {
    try await call.noBody()
    return try .ok(try await tools.refresh(try call.id(MCPServerKind.self), for: call.identity))
  }
}

extension MCPServerAccess {
  /// As an Application sees it.
  fileprivate var descriptor: MCPServerDescriptor {
    let ceilings = [tools.allowedTools, tools.charm?.allowedTools].compactMap { $0 }
    let ceiling = ceilings.dropFirst().reduce(ceilings.first) { $0?.intersection($1) }
    return MCPServerDescriptor(
      id: id, name: name, description: nil, allowedTools: ceiling?.sorted(), needsConnection: auth.type == .oauth)
  }
}
