import Model
import ServiceKit

/// What people do about MCP servers before an agent calls them: connect their account, fetch the list of tools.
struct MCPMemberRoutes: Sendable {
  let access: MCPAccessBroker
  let catalogue: MCPCatalogue
  let credentials: MCPCredentials
  let consent: MCPConsent

  func add(to router: inout PublicRouter) {
    router.post("/v1/mcp-servers/{id}/connect", connect)
    router.post("/v1/mcp-servers/{id}/tools/refresh", refresh)
  }

  /// `ready`, or the flow in which the person connects an account.
  @Sendable func connect(_ call: PublicCall) async throws -> PublicResponse {
    let server = try await allowed(call)
    switch try await credentials.credential(for: server, call.identity) {
    case .credential: return try .ok(ConnectedMCPServer(status: .ready))
    case .consent(let connection):
      let flow = try await consent.begin(server, MCPConsent.Wish(again: connection), for: call.identity)
      return try .ok(ConnectedMCPServer(status: .consentRequired, flow: flow))
    case .refused(let reason): throw ServiceError(.policyDenied, reason)
    }
  }

  /// Fetches the tools with the caller's own account, for the organization's catalogue.
  @Sendable func refresh(_ call: PublicCall) async throws -> PublicResponse {
    guard call.identity.caller.role.mayConfigure else {
      throw ServiceError(.forbidden, "Only owners and admins may fetch the tools of an MCP server.")
    }
    let server = try await allowed(call)
    switch try await credentials.credential(for: server, call.identity) {
    case .credential(let credential):
      guard let stored = try await catalogue.fetch(server, with: credential, for: call.identity) else {
        throw ServiceError(
          .reauthorizationRequired, "The MCP server does not let this account in. Connect it again.")
      }
      return try .ok(stored)
    case .consent:
      throw ServiceError(
        .connectionNotFound, "Connect an account first: POST /v1/mcp-servers/\(server.id.rawValue)/connect.")
    case .refused(let reason): throw ServiceError(.policyDenied, reason)
    }
  }

  private func allowed(_ call: PublicCall) async throws -> MCPServerAccess {
    let server = try await access.server(try call.id(MCPServerKind.self), for: call.identity)
    guard server.decision.effect == .allow else {
      throw ServiceError(.policyDenied, server.decision.reasons.joined(separator: " "))
    }
    return server
  }
}
