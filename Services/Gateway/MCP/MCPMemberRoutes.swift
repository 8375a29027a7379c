import Model
import ServiceKit

/// What people do about MCP servers before an agent calls them: connect their account, fetch the list of tools.
struct MCPMemberRoutes: Sendable {
  let access: MCPAccessBroker
  let catalogue: MCPCatalogue
  let credentials: MCPCredentials
  let connecting: MCPConnecting
  let issuers: MCPIssuerWatch

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
    let identity = try acting(call.identity, for: request.application, request.preferredConnectionId)
    return try .ok(try await connecting.connect(try await allowed(call, identity), for: identity))
  }

  private func acting(
    _ identity: CallerIdentity, for application: ApplicationDescription?, _ connection: ConnectionID? = nil
  ) throws -> CallerIdentity {
    try application?.validate()
    var identity = identity
    identity.application = application.map { ActingApplication($0, connectionId: connection) }
    return identity
  }

  /// Fetches the tools with the caller's own account, for the organization's catalogue.
  @Sendable func refresh(_ call: PublicCall) async throws -> PublicResponse {
    guard call.identity.caller.role.mayConfigure, call.identity.caller.charmId == nil else {
      throw ServiceError(.forbidden, "Only owners and admins may fetch the tools of an MCP server.")
    }
    let server = try await allowed(call, call.identity)
    switch try await credentials.credential(for: server, call.identity, isFresh: true) {
    case .credential(let credential):
      guard let stored = try await catalogue.fetch(server, with: credential, for: call.identity) else {
        guard await !issuers.hasMoved(server, for: call.identity) else {
          throw ServiceError(.policyDenied, MCPIssuerWatch.sentence)
        }
        throw ServiceError(
          .reauthorizationRequired, "The MCP server does not let this account in. Connect it again.")
      }
      return try .ok(stored)
    case .consent:
      throw ServiceError(
        .connectionNotFound, "Connect an account first: POST /v1/mcp-servers/\(server.id.rawValue)/connect.")
    case .selectAccount: throw ServiceError(.policyDenied, MCPCredentials.severalAccounts)
    case .refused(let reason): throw ServiceError(.policyDenied, reason)
    }
  }

  private func allowed(_ call: PublicCall, _ identity: CallerIdentity) async throws -> MCPServerAccess {
    let server = try await access.server(try call.id(MCPServerKind.self), for: identity)
    guard server.decision.effect == .allow else {
      throw ServiceError(.policyDenied, server.decision.reasons.joined(separator: " "))
    }
    return server
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
