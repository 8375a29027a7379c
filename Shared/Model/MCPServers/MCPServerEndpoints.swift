/// MCP servers and their tools, answered by the policy service.
public enum MCPServerEndpoints {
  /// A static token goes straight on to the vault.
  public static let create = Endpoint<OnBehalf<CreateMCPServer>, MCPServer>(
    .policy, .post, "/internal/mcp-servers/create", callers: [.gateway])
  /// For owners and admins, as everything here but the descriptors and storing tools.
  public static let list = Endpoint<OnBehalf<PageRequest>, Page<MCPServer>>(
    .policy, .post, "/internal/mcp-servers/list", callers: [.gateway])
  public static let show = Endpoint<OnBehalf<Reference<MCPServerKind>>, MCPServer>(
    .policy, .post, "/internal/mcp-servers/show", callers: [.gateway])
  public static let update = Endpoint<OnBehalf<Targeted<MCPServerKind, UpdateMCPServer>>, MCPServer>(
    .policy, .post, "/internal/mcp-servers/update", callers: [.gateway])
  /// Also destroys its static token and revokes its Connections.
  public static let delete = Endpoint<OnBehalf<Reference<MCPServerKind>>, Empty>(
    .policy, .post, "/internal/mcp-servers/delete", callers: [.gateway], timeoutSeconds: 30)

  /// What this caller, with the session's Charm if it has one, may use.
  public static let descriptors = Endpoint<OnBehalf<PageRequest>, Page<MCPServerDescriptor>>(
    .policy, .post, "/internal/mcp-servers/descriptors", callers: [.gateway])
  public static let descriptor = Endpoint<OnBehalf<Reference<MCPServerKind>>, MCPServerDescriptor>(
    .policy, .post, "/internal/mcp-servers/descriptor", callers: [.gateway])

  public static let tools = Endpoint<OnBehalf<Targeted<MCPServerKind, PageRequest>>, Page<MCPTool>>(
    .policy, .post, "/internal/mcp-servers/tools", callers: [.gateway])
  /// Hands over what was fetched from the server for this caller. Only an owner's or admin's list says that tools are gone: a member may
  /// be shown fewer than there are.
  public static let storeTools = Endpoint<OnBehalf<Targeted<MCPServerKind, StoreTools>>, StoredTools>(
    .policy, .post, "/internal/mcp-servers/store-tools", callers: [.gateway])
  public static let approveTool = Endpoint<OnBehalf<Targeted<MCPServerKind, ToolReference>>, MCPTool>(
    .policy, .post, "/internal/mcp-servers/approve-tool", callers: [.gateway])
  public static let blockTool = Endpoint<OnBehalf<Targeted<MCPServerKind, ToolReference>>, MCPTool>(
    .policy, .post, "/internal/mcp-servers/block-tool", callers: [.gateway])
}
