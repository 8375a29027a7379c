import Egress
import MCP
import Model
import ServiceKit

/// Says whether calls to a server work for a caller, and what the person must do where they do not.
struct MCPConnecting: Sendable {
  /// What a server that does not say it is called.
  private static let unknownVersion = "unknown"

  let credentials: MCPCredentials
  let consent: MCPConsent
  let eras: MCPEras
  let issuers: MCPIssuerWatch

  /// Where an Application acts, the server is greeted as well: it may not know the token, or want more of it.
  ///
  /// - Throws: `policy_denied` where nothing that the person does would help, `provider_unavailable`.
  func connect(_ server: MCPServerAccess, for identity: CallerIdentity) async throws -> ConnectedMCPServer {
    switch try await credentials.credential(for: server, identity, isFresh: true) {
    case .credential(let credential):
      guard identity.application != nil else { return ConnectedMCPServer(status: .ready) }
      return try await greet(server, credential, for: identity)
    case .consent(let connection): return try await ask(server, .init(again: connection), for: identity)
    case .selectAccount(let choices):
      guard identity.application != nil else { throw ServiceError(.policyDenied, MCPCredentials.severalAccounts) }
      var answer = try await ask(server, .init(), for: identity)
      answer.status = .selectAccount
      answer.accounts = choices.map(OAuthAuthDescriptor.init)
      return answer
    case .refused(let reason): throw ServiceError(.policyDenied, reason)
    }
  }

  private func ask(
    _ server: MCPServerAccess, _ wish: MCPConsent.Wish, for identity: CallerIdentity
  ) async throws -> ConnectedMCPServer {
    let flow = try await consent.begin(server, wish, for: identity)
    return ConnectedMCPServer(
      status: .consentRequired, name: identity.application.map { _ in server.name }, flow: flow)
  }

  private func greet(
    _ server: MCPServerAccess, _ credential: MCPCredential, for identity: CallerIdentity, wasRefreshed: Bool = false
  ) async throws -> ConnectedMCPServer {
    let address = MCPAddress(server, credential, identity)
    do {
      let introduced = try await eras.greeting(of: address, credential).server
      return ConnectedMCPServer(
        status: .ready, name: server.name,
        server: .init(name: introduced?.name ?? server.name, version: introduced?.version ?? Self.unknownVersion))
    } catch MCPEras.Failure.unauthorized(let outcome) {
      if case .unauthorized = outcome, await issuers.hasMoved(server, for: identity) {
        throw ServiceError(.policyDenied, MCPIssuerWatch.sentence)
      }
      guard let connection = credential.connection else {
        throw ServiceError(.policyDenied, server.auth.refusal)
      }
      switch outcome {
      case .unauthorized where !wasRefreshed:
        guard case .credential(let fresh) = try await credentials.replacement(for: credential, at: server, identity)
        else {
          return try await ask(server, .init(again: connection), for: identity)
        }
        return try await greet(server, fresh, for: identity, wasRefreshed: true)
      case .insufficientScope(let scopes):
        return try await ask(server, .init(again: connection, scopes: scopes), for: identity)
      case .forbidden:
        throw ServiceError(.policyDenied, "The MCP server does not let this account in.")
      default: return try await ask(server, .init(again: connection), for: identity)
      }
    } catch is MCPEras.Failure {
      throw ServiceError(.providerUnavailable, "The MCP server gave no answer that can be used.")
    } catch is EgressError {
      throw ServiceError(.providerUnavailable, EgressError.tenantMessage)
    }
  }
}
