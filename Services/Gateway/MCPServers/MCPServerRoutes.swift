import Model
import ServiceKit

/// MCP servers: whole for owners and admins, described for members. No answer holds a static token.
struct MCPServerRoutes: Sendable {
  let peers: PeerClients
  let setup: MCPServerSetup

  func add(to router: inout PublicRouter) {
    router.post("/v1/mcp-servers", create)
    router.post("/v1/mcp-servers/discover", report)
    router.post("/v1/mcp-servers/{id}/discover", rediscover)
    router.get("/v1/mcp-servers", query: QueryParameters.pageNames, list)
    router.get("/v1/mcp-servers/{id}", show)
    router.patch("/v1/mcp-servers/{id}", query: DryRun.names, update)
    router.delete("/v1/mcp-servers/{id}", query: DryRun.names, delete)
    router.get("/v1/mcp-servers/{id}/tools", query: QueryParameters.pageNames, tools)
    router.post("/v1/mcp-servers/{id}/tools/{name}/approve", approve)
    router.post("/v1/mcp-servers/{id}/tools/{name}/block", block)
  }

  @Sendable func create(_ call: PublicCall) async throws -> PublicResponse {
    try .created(try await setup.create(try await call.body(), for: call.identity))
  }

  @Sendable func report(_ call: PublicCall) async throws -> PublicResponse {
    try .ok(try await setup.report(try await call.body(), for: call.identity))
  }

  @Sendable func rediscover(_ call: PublicCall) async throws -> PublicResponse {
    let request = try await call.optionalBody(RediscoverMCPServer.self) ?? RediscoverMCPServer()
    return try .ok(try await setup.rediscover(try id(call), request, for: call.identity))
  }

  @Sendable func list(_ call: PublicCall) async throws -> PublicResponse {
    let page = call.identity.asking(try call.query.page())
    return call.identity.caller.seesDefinitions
      ? try .ok(try await peers.call(MCPServerEndpoints.list, page))
      : try .ok(try await peers.call(MCPServerEndpoints.descriptors, page))
  }

  @Sendable func show(_ call: PublicCall) async throws -> PublicResponse {
    let reference = call.identity.asking(Reference(id: try id(call)))
    return call.identity.caller.seesDefinitions
      ? try .ok(try await peers.call(MCPServerEndpoints.show, reference))
      : try .ok(try await peers.call(MCPServerEndpoints.descriptor, reference))
  }

  @Sendable func update(_ call: PublicCall) async throws -> PublicResponse {
    let change = Targeted(try id(call), try await call.body(UpdateMCPServer.self))
    if let dryRun = try DryRun(call) { return try await dryRun.impact(of: .updateMCPServer(change), peers) }
    return try .ok(try await peers.call(MCPServerEndpoints.update, call.identity.asking(change)))
  }

  @Sendable func delete(_ call: PublicCall) async throws -> PublicResponse {
    let reference = Reference(id: try id(call))
    if let dryRun = try DryRun(call) { return try await dryRun.impact(of: .deleteMCPServer(reference), peers) }
    _ = try await peers.call(MCPServerEndpoints.delete, call.identity.asking(reference))
    return .noContent
  }

  @Sendable func tools(_ call: PublicCall) async throws -> PublicResponse {
    let page = Targeted(try id(call), try call.query.page())
    return try .ok(try await peers.call(MCPServerEndpoints.tools, call.identity.asking(page)))
  }

  @Sendable func approve(_ call: PublicCall) async throws -> PublicResponse {
    try .ok(try await peers.call(MCPServerEndpoints.approveTool, call.identity.asking(try await tool(call))))
  }

  @Sendable func block(_ call: PublicCall) async throws -> PublicResponse {
    try .ok(try await peers.call(MCPServerEndpoints.blockTool, call.identity.asking(try await tool(call))))
  }

  private func tool(_ call: PublicCall) async throws -> Targeted<MCPServerKind, ToolReference> {
    let seen = try await call.optionalBody(DecideTool.self)
    return Targeted(try id(call), ToolReference(name: try call.text("name"), definitionHash: seen?.definitionHash))
  }

  private func id(_ call: PublicCall) throws -> MCPServerID { try call.id(MCPServerKind.self) }
}

extension Caller {
  /// Whether MCP servers show their URL and authentication. A session that is bound to a Charm acts for the Charm.
  fileprivate var seesDefinitions: Bool { role.mayConfigure && charmId == nil }
}
