import Model
import ServiceKit

/// Fetches a server's tools with the caller's own account, for the organization's catalogue.
struct MCPToolRefresh: Sendable {
  let access: MCPAccessBroker
  let catalogue: MCPCatalogue
  let credentials: MCPCredentials
  let issuers: MCPIssuerWatch

  /// - Throws: `forbidden` for members and Charms, `connection_not_found` before an account is connected, `reauthorization_required`,
  ///   `policy_denied`.
  func refresh(_ id: MCPServerID, for identity: CallerIdentity) async throws -> StoredTools {
    guard identity.caller.role.mayConfigure, identity.caller.charmId == nil else {
      throw ServiceError(.forbidden, "Only owners and admins may fetch the tools of an MCP server.")
    }
    let server = try await access.allowed(id, for: identity)
    switch try await credentials.credential(for: server, identity, isFresh: true) {
    case .credential(let credential):
      guard let stored = try await catalogue.fetch(server, with: credential, for: identity) else {
        guard await !issuers.hasMoved(server, for: identity) else {
          throw ServiceError(.policyDenied, MCPIssuerWatch.sentence)
        }
        throw ServiceError(
          .reauthorizationRequired, "The MCP server does not let this account in. Connect it again.")
      }
      return stored
    case .consent:
      throw ServiceError(
        .connectionNotFound, "Connect an account first: POST /v1/mcp-servers/\(server.id.rawValue)/connect.")
    case .selectAccount: throw ServiceError(.policyDenied, MCPCredentials.severalAccounts)
    case .refused(let reason): throw ServiceError(.policyDenied, reason)
    }
  }
}

extension MCPAccessBroker {
  /// - Throws: `policy_denied` with the reasons.
  func allowed(_ id: MCPServerID, for identity: CallerIdentity) async throws -> MCPServerAccess {
    let server = try await server(id, for: identity)
    guard server.decision.effect == .allow else {
      throw ServiceError(.policyDenied, server.decision.reasons.joined(separator: " "))
    }
    return server
  }
}
