import Hummingbird
import Model
import ServiceKit

/// What an MCP client reads to find its way from an endpoint's address to a token.
struct MetadataRoutes: Sendable {
  let resources: MCPResources
  let registration: ClientRegistration

  func add(to router: ServiceRouter) {
    router.get("/.well-known/oauth-protected-resource/mcp", use: resource)
    router.get("/.well-known/oauth-protected-resource/mcp/{id}", use: resource)
    router.get("/.well-known/oauth-authorization-server", use: server)
  }

  /// Of any server that there could be: which ones there are is for callers to know.
  @Sendable private func resource(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let target = try ClientTokenTarget(path: context)
    return try .json(
      ProtectedResource(
        resource: resources.address(of: target), authorizationServers: [resources.issuer],
        bearerMethodsSupported: ["header"], resourceName: "Lanyard"))
  }

  @Sendable private func server(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try .json(AuthorizationServer(resources.issuer, registration))
  }
}

extension ClientTokenTarget {
  /// The endpoint that a path names.
  ///
  /// - Throws: `not_found` for what cannot be one.
  init(path context: AppRequestContext) throws {
    guard let text = context.parameters.get("id") else {
      self.init(mcpServerId: nil)
      return
    }
    guard let id = MCPServerID(validating: text) else {
      throw ServiceError(.notFound, "The organization has no such MCP server.")
    }
    self.init(mcpServerId: id)
  }
}
