import Foundation
import HTTPTypes
import Hummingbird
import MCP
import Model

/// Changes what the MCP server lists, shows what reached it, and ends its sessions.
struct AdminMCPRoutes: Sendable {
  let server: MCPServer

  struct Tools: Codable {
    struct Tool: Codable {
      var name: String
      var definitionHash: String
    }

    var version: Int
    /// Streams that hear of changes.
    var listeners: Int
    var items: [Tool]
  }

  struct Ended: Codable { var ended: Int }

  /// The members of a definition that may be given; null takes one away.
  private static let members: Set<String> = [
    "title", "description", "inputSchema", "outputSchema", "annotations", "icons",
  ]

  func add(to group: RouterGroup<SandboxContext>) {
    group.get("mcp/tools", use: list)
    group.put("mcp/tools/:name", use: put)
    group.delete("mcp/tools/:name", use: remove)
    group.get("mcp/counters", use: counters)
    group.post("mcp/sessions/end", use: endSessions)
  }

  @Sendable func list(_ request: Request, _ context: SandboxContext) throws -> Response {
    let items = server.catalogue.definitions.map { Tools.Tool(name: $0.name, definitionHash: $0.definitionHash) }
    return try .admin(
      Tools(version: server.catalogue.version, listeners: server.catalogue.listeners, items: items))
  }

  @Sendable func put(_ request: Request, _ context: SandboxContext) async throws -> Response {
    let body = try await request.body.collect(upTo: Limits.requestBodyBytes)
    let (definition, isNew) = try server.catalogue.put(
      try Self.name(context), try Self.read([UInt8](body.readableBytesView)))
    return .mcp(definition.text.bytes, status: isNew ? .created : .ok)
  }

  @Sendable func remove(_ request: Request, _ context: SandboxContext) throws -> Response {
    try server.catalogue.remove(try Self.name(context))
    return Response(status: .noContent)
  }

  @Sendable func counters(_ request: Request, _ context: SandboxContext) throws -> Response {
    try .admin(server.counters.snapshot)
  }

  @Sendable func endSessions(_ request: Request, _ context: SandboxContext) throws -> Response {
    try .admin(Ended(ended: server.sessions.reset()))
  }

  /// The tool in the path, without its percent encoding.
  private static func name(_ context: SandboxContext) throws -> String {
    guard let name = try context.parameters.require("name").removingPercentEncoding else {
      throw OAuthError(.invalidRequest, "The name in the path is badly encoded.")
    }
    return name
  }

  private static func read(_ bytes: [UInt8]) throws(OAuthError) -> [String: JSONValue] {
    guard let text = try? JSONText(validating: bytes), case .object(let members)? = try? text.decoded() else {
      throw OAuthError(.invalidRequest, "The body must be a JSON object.")
    }
    if let unknown = members.keys.sorted().first(where: { !Self.members.contains($0) }) {
      throw OAuthError(.invalidRequest, "unknown field: \(unknown.prefix(64))")
    }
    return members
  }
}
