import HTTPTypes
import Hummingbird
import Model
import ServiceKit

/// Who calls an MCP endpoint: a member's session, an API key, or an MCP client with a token for this very endpoint.
struct MCPAuthenticator: Sendable {
  let callers: CallerAuthenticator
  let resources: MCPResources

  /// - Throws: `unauthenticated`, also for a token of another endpoint (RFC 8707 section 2.2); `rate_limited`.
  func identify(
    _ request: Request, _ context: AppRequestContext, at target: ClientTokenTarget
  ) async throws -> CallerIdentity {
    let token = try CallerAuthenticator.bearer(request, prefixes: CallerAuthenticator.prefixes + ["lym_"])
    let identity = try await callers.identify(token, request, context)
    guard identity.caller.credential != .clientToken || identity.caller.mcpServerId == target.mcpServerId else {
      throw ServiceError(.unauthenticated, "The token was made for another MCP endpoint.")
    }
    return identity
  }

  /// The refusal, with the address where a client learns how to get a token (RFC 9728 section 5.1, RFC 6750 section 3).
  func challenge(
    _ error: ServiceError, _ request: Request, _ context: AppRequestContext, at target: ClientTokenTarget
  ) -> Response {
    var response = ProblemResponse.make(error, context)
    let address = "resource_metadata=\"\(resources.metadataAddress(of: target))\""
    let hadToken = request.headers[.authorization] != nil
    response.headers[.wwwAuthenticate] = hadToken ? "Bearer error=\"invalid_token\", \(address)" : "Bearer \(address)"
    return response
  }
}
