import Foundation
import Model

/// In our own words.
struct GenericRuntime: Encodable, Sendable {
  struct Item: Encodable, Sendable {
    var id: MCPServerID
    var name: String
    var description: String?
    var url: String
    var transport = "streamable-http"
    var authorizationToken: WireSecret
    var expiresAt: Date
    /// Absent: all of them.
    var allowedTools: [String]?
  }

  var items: [Item]

  init(_ servers: [ReachableServer]) {
    items = servers.map { reachable in
      let server = reachable.server
      return Item(
        id: server.descriptor.id, name: server.descriptor.name, description: server.descriptor.description,
        url: reachable.url, authorizationToken: server.token, expiresAt: server.expiresAt,
        allowedTools: server.descriptor.allowedTools)
    }
  }
}

/// Members of a request to Anthropic's Messages API (the MCP connector, `mcp-client-2025-11-20`).
struct AnthropicRuntime: Encodable, Sendable {
  struct Server: Encodable, Sendable {
    var type = "url"
    var url: String
    var name: String
    var authorizationToken: WireSecret

    enum CodingKeys: String, CodingKey {
      case type, url, name
      case authorizationToken = "authorization_token"
    }
  }

  /// Says for each server which of its tools there are.
  struct Toolset: Encodable, Sendable {
    struct Switch: Encodable, Sendable { var enabled: Bool }

    var type = "mcp_toolset"
    var serverName: String
    /// Absent, with ``configs``: all tools.
    var defaultConfig: Switch?
    var configs: [String: Switch]?

    enum CodingKeys: String, CodingKey {
      case type, configs
      case serverName = "mcp_server_name"
      case defaultConfig = "default_config"
    }
  }

  var mcpServers: [Server]
  var tools: [Toolset]

  enum CodingKeys: String, CodingKey {
    case tools
    case mcpServers = "mcp_servers"
  }

  init(_ servers: [ReachableServer]) {
    mcpServers = servers.map {
      Server(url: $0.url, name: $0.server.slug, authorizationToken: $0.server.token)
    }
    tools = servers.map { reachable in
      let allowed = reachable.server.descriptor.allowedTools
      return Toolset(
        serverName: reachable.server.slug, defaultConfig: allowed.map { _ in .init(enabled: false) },
        configs: allowed.map { Dictionary($0.map { ($0, .init(enabled: true)) }) { first, _ in first } })
    }
  }
}

/// Members of a request to OpenAI's Responses API (remote MCP servers).
struct OpenAIRuntime: Encodable, Sendable {
  struct Tool: Encodable, Sendable {
    var type = "mcp"
    var serverLabel: String
    var serverDescription: String?
    var serverUrl: String
    var authorization: WireSecret
    /// Absent: all of them.
    var allowedTools: [String]?
    /// A runtime has nobody beside it to ask; the organization's rules decide every call, here as elsewhere.
    var requireApproval = "never"

    enum CodingKeys: String, CodingKey {
      case type, authorization
      case serverLabel = "server_label"
      case serverDescription = "server_description"
      case serverUrl = "server_url"
      case allowedTools = "allowed_tools"
      case requireApproval = "require_approval"
    }
  }

  var tools: [Tool]

  init(_ servers: [ReachableServer]) {
    tools = servers.map { reachable in
      let server = reachable.server
      return Tool(
        serverLabel: server.slug, serverDescription: server.descriptor.description, serverUrl: reachable.url,
        authorization: server.token, allowedTools: server.descriptor.allowedTools)
    }
  }
}
