import Model
import ServiceKit
import TestSupport

@testable import PolicyKit

/// MCP servers, tools and Charms of an organization in a test.
extension Tenant {
  static let staticToken = MCPServerAuthInput(type: .staticToken, token: WireSecret("canary-static-token-1"))

  func createServer(
    _ name: String = "Mail", url: String = "https://mcp.example.com/mcp",
    auth: MCPServerAuthInput = MCPServerAuthInput(type: .none), allowedTools: [String]? = nil,
    description: String? = nil, pinning: Bool? = nil, as credential: CredentialHash? = nil
  ) async throws -> MCPServer {
    try await policy.gateway.call(
      MCPServerEndpoints.create,
      OnBehalf(
        credential ?? apiKey,
        CreateMCPServer(
          name: name, url: url, auth: auth, allowedTools: allowedTools, description: description, pinning: pinning)))
  }

  func show(_ id: MCPServerID, as credential: CredentialHash? = nil) async throws -> MCPServer {
    try await policy.gateway.call(MCPServerEndpoints.show, OnBehalf(credential ?? apiKey, Reference(id: id)))
  }

  @discardableResult
  func update(
    _ id: MCPServerID, _ request: UpdateMCPServer, as credential: CredentialHash? = nil
  ) async throws -> MCPServer {
    try await policy.gateway.call(
      MCPServerEndpoints.update, OnBehalf(credential ?? apiKey, Targeted(id, request)))
  }

  func delete(_ id: MCPServerID, as credential: CredentialHash? = nil) async throws {
    _ = try await policy.gateway.call(
      MCPServerEndpoints.delete, OnBehalf(credential ?? apiKey, Reference(id: id)))
  }

  func descriptors(as credential: CredentialHash) async throws -> [MCPServerDescriptor] {
    try await policy.gateway.call(MCPServerEndpoints.descriptors, OnBehalf(credential, PageRequest())).items
  }

  @discardableResult
  func createCharm(_ id: String?, _ servers: [Charm.Server], name: String = "Postman") async throws -> Charm {
    try await policy.gateway.call(
      CharmEndpoints.create, OnBehalf(apiKey, CreateCharm(id: id, name: name, mcpServers: servers)))
  }

  func access(
    _ id: MCPServerID? = nil, application: ApplicationDescription? = nil, as credential: CredentialHash
  ) async throws -> MCPAccess {
    try await policy.gateway.call(
      MCPAccessEndpoints.authorize, OnBehalf(credential, MCPAccessRequest(mcpServerId: id, application: application)))
  }

  @discardableResult
  func store(
    _ definitions: [String], of id: MCPServerID, as credential: CredentialHash? = nil
  ) async throws -> StoredTools {
    try await policy.gateway.call(
      MCPServerEndpoints.storeTools,
      OnBehalf(credential ?? apiKey, Targeted(id, StoreTools(definitions: definitions))))
  }

  func tools(of id: MCPServerID, page: PageRequest = PageRequest()) async throws -> Page<MCPTool> {
    try await policy.gateway.call(MCPServerEndpoints.tools, OnBehalf(apiKey, Targeted(id, page)))
  }

  func states(of id: MCPServerID) async throws -> [String: MCPTool.State] {
    Dictionary(uniqueKeysWithValues: try await tools(of: id).items.map { ($0.name, $0.state) })
  }

  @discardableResult
  func approve(_ name: String, of id: MCPServerID, hash: String? = nil) async throws -> MCPTool {
    try await policy.gateway.call(
      MCPServerEndpoints.approveTool,
      OnBehalf(apiKey, Targeted(id, ToolReference(name: name, definitionHash: hash))))
  }

  @discardableResult
  func block(_ name: String, of id: MCPServerID) async throws -> MCPTool {
    try await policy.gateway.call(
      MCPServerEndpoints.blockTool, OnBehalf(apiKey, Targeted(id, ToolReference(name: name))))
  }

  /// A tool as a server describes it.
  static func definition(_ name: String, _ description: String = "Does it.") -> String {
    #"{"name":"\#(name)","description":"\#(description)","inputSchema":{"type":"object"}}"#
  }
}

/// The detail and the named fields of the error that a call ends with.
func problem<Result>(_ body: () async throws -> Result) async -> (code: ErrorCode, detail: String, fields: [String])? {
  do {
    _ = try await body()
    return nil
  } catch let error as ServiceError {
    return (error.code, error.detail, error.facts["fields"] ?? [])
  } catch {
    return nil
  }
}
