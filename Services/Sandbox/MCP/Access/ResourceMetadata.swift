import Hummingbird

/// What the protected resource `/mcp` says about itself (RFC 9728 section 2).
struct ResourceMetadata: Encodable, Sendable {
  var resource: String
  var authorizationServers: [String]
  var scopesSupported: [String]
  var bearerMethodsSupported = ["header"]
  var resourceName = "Practice MCP server"

  init(_ access: MCPAccess) {
    let policy = access.discovery.current
    resource = policy.resource ?? access.resource
    authorizationServers = policy.authorizationServers ?? [access.issuer.url]
    // Staying connected is between a client and the authorization server; a resource does not ask for it.
    scopesSupported = [MCPAccess.scope, .mailRead].map(\.rawValue)
  }
}

/// Its address: only the one that belongs to `/mcp`, so that a client must insert the path.
struct ResourceMetadataRoutes: Sendable {
  let access: MCPAccess

  func add(to group: RouterGroup<SandboxContext>) {
    group.get(".well-known/oauth-protected-resource/mcp", use: show)
  }

  @Sendable func show(_ request: Request, _ context: SandboxContext) throws -> Response {
    try .oauth(ResourceMetadata(access))
  }
}
