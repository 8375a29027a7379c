import Model
import ServiceKit

/// `GET /v1/runtime/mcp-servers`: what an agent runtime needs to call MCP servers in a member's name, as its vendor writes it.
struct RuntimeRoutes: Sendable {
  let peers: PeerClients
  let resources: MCPResources

  func add(to router: inout PublicRouter) {
    router.get("/v1/runtime/mcp-servers", query: ["charmId", "format"], servers)
  }

  /// Whose words the answer is in.
  private enum Format: String, CaseIterable { case generic, anthropic, openai }

  @Sendable func servers(_ call: PublicCall) async throws -> PublicResponse {
    let format = try call.query.choice("format", Format.self) ?? .generic
    let request = RuntimeRequest(charmId: call.query["charmId"])
    let found = try await peers.call(RuntimeEndpoints.servers, call.identity.asking(request)).servers
    let reachable = found.map { ReachableServer($0, resources) }
    return switch format {
    case .generic: try .ok(GenericRuntime(reachable))
    case .anthropic: try .ok(AnthropicRuntime(reachable))
    case .openai: try .ok(OpenAIRuntime(reachable))
    }
  }
}

/// A server with its endpoint's address.
struct ReachableServer: Sendable {
  var server: RuntimeServer
  var url: String

  init(_ server: RuntimeServer, _ resources: MCPResources) {
    self.server = server
    url = resources.address(of: ClientTokenTarget(mcpServerId: server.descriptor.id))
  }
}
