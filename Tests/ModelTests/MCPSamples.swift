import Foundation
import Model

/// MCP servers, their tools and Charms on the wire.
extension WireSamples {
  static let server = MCPServerID(rawValue: "mcp_1")
  private static let hash = String(repeating: "ab", count: 32)
  private static let tools = EffectiveTools(
    allowedTools: ["search"], charm: .init(id: "charm-1", hasServer: true, allowedTools: ["search"]), pinning: true,
    hasCatalogue: true, catalogue: ["search": .init(state: .approved, definitionHash: hash)])

  private static func serverAccess(storedAt: Date?) -> MCPServerAccess {
    MCPServerAccess(
      id: server, slug: "mail", name: "Mail", url: "https://mcp.example.com/mcp",
      auth: MCPServerAuth(type: .oauth, integrationId: integration, scopes: ["mail.read"]),
      integration: .init(
        id: integration, name: "Code", provider: "github", providerName: "GitHub", providerUrl: "https://github.com",
        defaultScopes: ["repo"], maximumScopes: nil, identityScopes: []),
      scopes: ["mail.read"], tools: tools,
      catalogue: [CataloguedTool(name: "search", definitionHash: hash, definition: #"{"name":"search"}"#)],
      catalogueStoredAt: storedAt,
      scope: ConnectionScope(applicationType: .mcpServer, applicationId: "mcp_1", appId: "mcp_1"), grant: signedGrant,
      decision: decision)
  }

  static let mcp: [WireSample] = [
    WireSample(
      "MCPServer",
      MCPServer(
        id: server, name: "Mail", slug: "mail", url: "https://mcp.example.com/mcp",
        auth: MCPServerAuth(type: .staticToken, header: "Authorization", prefix: "Bearer"), allowedTools: ["search"],
        description: "Reads mail", status: .enabled, pinning: true, createdAt: time, updatedAt: time)),
    WireSample(
      "MCPServerDescriptor",
      MCPServerDescriptor(
        id: server, name: "Mail", description: "Reads mail", allowedTools: ["search"], isPlatform: true,
        needsConnection: true)),
    WireSample(
      "CreateMCPServer",
      CreateMCPServer(
        name: "Mail", url: "https://mcp.example.com/mcp",
        auth: MCPServerAuthInput(type: .staticToken, token: WireSecret("secret"), header: "X-Key", prefix: ""),
        allowedTools: [], description: "Reads mail", pinning: false)),
    WireSample(
      "UpdateMCPServer",
      Targeted<MCPServerKind, UpdateMCPServer>(
        server,
        UpdateMCPServer(
          name: "Post", auth: MCPServerAuthInput(type: .oauth, integrationId: integration, scopes: ["mail.read"]),
          allowedTools: .set(["search"]), description: "", status: .disabled, pinning: true))),
    WireSample("UpdateMCPServerAllTools", UpdateMCPServer(allowedTools: .removed)),
    WireSample("UpdateMCPServerNothing", UpdateMCPServer()),
    WireSample(
      "MCPTool",
      MCPTool(
        name: "search", definitionHash: hash, state: .changed, definition: ["name": "search"],
        diff: [.init(path: "/description", before: #""a""#, after: #""b""#)], firstSeenAt: time, changedAt: time)),
    WireSample("ToolReference", ToolReference(name: "search", definitionHash: hash)),
    WireSample("DecideTool", DecideTool(definitionHash: hash)),
    WireSample("StoreTools", StoreTools(definitions: [#"{"name":"search"}"#])),
    WireSample("StoredTools", StoredTools(totals: ["new": 1], changed: true, unusable: ["a tool cannot be read"])),
    WireSample("ConnectMCPServer", ConnectMCPServer(application: application, preferredConnectionId: connection)),
    WireSample(
      "ConnectedMCPServer",
      ConnectedMCPServer(
        status: .selectAccount, name: "Mail", server: .init(name: "mail", version: "1"), accounts: [],
        flow: Flow(id: flow, url: "https://lanyard.example.com/connect/flw_1", expiresAt: time))),
    WireSample("ListMCPServers", ListMCPServers(application: application)),
    WireSample("MCPAccessRequest", MCPAccessRequest(mcpServerId: server, application: application)),
    WireSample("MCPAccess", MCPAccess(servers: [serverAccess(storedAt: nil)], expiresAt: time)),
    WireSample("MCPAccessStoredTools", MCPAccess(servers: [serverAccess(storedAt: time)], expiresAt: time)),
    WireSample("ReleasedStaticToken", ReleasedStaticToken(token: WireSecret("secret"))),
    WireSample(
      "Charm",
      Charm(
        id: "charm-1", name: "Postman", mcpServers: [.init(mcpServerId: server, allowedTools: ["search"])],
        createdAt: time, updatedAt: time)),
    WireSample(
      "CreateCharm", CreateCharm(id: "charm-1", name: "Postman", mcpServers: [.init(mcpServerId: server)])),
    WireSample(
      "TargetedCharm", TargetedCharm(id: "charm-1", update: UpdateCharm(name: "Post", mcpServers: []))),
  ]
}
