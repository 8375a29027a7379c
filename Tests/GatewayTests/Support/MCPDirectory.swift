import Foundation
import MCP
import Model
import ServiceKit
import Synchronization
import TestSupport

/// What the stub of the policy service knows of MCP servers: definitions, ceilings and the catalogue, by the same judgement.
final class MCPDirectory: Sendable {
  struct Entry: Sendable {
    var slug: String
    var url: String
    var auth = MCPServerAuth(type: .none)
    var allowedTools: Set<String>?
    var charm: EffectiveTools.CharmPart?
    var pinning = false
    /// By name; nil until the list was fetched.
    var tools: [String: Tool]?
    /// When the list was stored.
    var storedAt: Date?
    var scopes: [String] = []
  }

  struct Tool: Sendable {
    var definition: String
    var hash: String
    var state = MCPTool.State.approved
  }

  private let entries = Mutex<[MCPServerID: Entry]>([:])
  private let neighbours: Neighbours

  init(_ neighbours: Neighbours) {
    self.neighbours = neighbours
    neighbours.on(MCPAccessEndpoints.authorize) { [self] request in
      try authorize(try WireJSON.decode(OnBehalf<MCPAccessRequest>.self, from: request.body).request)
    }
    neighbours.on(MCPServerEndpoints.storeTools) { [self] request in
      let body = try WireJSON.decode(OnBehalf<Targeted<MCPServerKind, StoreTools>>.self, from: request.body).request
      return try store(body.request.definitions, of: body.id)
    }
  }

  @discardableResult
  func add(_ slug: String, _ url: String, _ change: (inout Entry) -> Void = { _ in }) -> MCPServerID {
    let id = MCPServerID.random()
    var entry = Entry(slug: slug, url: url)
    change(&entry)
    entries.withLock { $0[id] = entry }
    return id
  }

  /// Changes a server, as owners do. Returns when the gateway knows.
  func change(_ id: MCPServerID, _ body: (inout Entry) -> Void) async {
    entries.withLock {
      if var entry = $0.removeValue(forKey: id) {
        body(&entry)
        $0[id] = entry
      }
    }
    await neighbours.changes.publish(neighbours.organizationId)
  }

  /// What the policy service would say about a server.
  func access(to id: MCPServerID) throws -> MCPServerAccess {
    guard let entry = entries.withLock({ $0[id] }) else { throw ServiceError(.notFound, "No such server.") }
    return try access(id, entry, withDefinitions: true)
  }

  private func authorize(_ request: MCPAccessRequest) throws -> StubService.Answer {
    let found = entries.withLock { entries in
      entries.filter { request.mcpServerId == nil || $0.key == request.mcpServerId }.sorted {
        $0.value.slug < $1.value.slug
      }
    }
    guard !found.isEmpty || request.mcpServerId == nil else {
      return try .problem(ServiceError(.notFound, "The organization has no such MCP server."))
    }
    let servers = try found.map { try access($0.key, $0.value, withDefinitions: request.mcpServerId != nil) }
    return try .json(
      MCPAccess(
        servers: servers.filter { request.mcpServerId != nil || $0.decision.effect == .allow }, expiresAt: .now + 60))
  }

  private func access(_ id: MCPServerID, _ entry: Entry, withDefinitions: Bool) throws -> MCPServerAccess {
    let tools = EffectiveTools(
      allowedTools: entry.allowedTools, charm: entry.charm, pinning: entry.pinning, hasCatalogue: entry.tools != nil,
      catalogue: (entry.tools ?? [:]).mapValues { .init(state: $0.state, definitionHash: $0.hash) })
    let isRefused = entry.charm.map { !$0.hasServer } ?? false
    let listed = (entry.tools ?? [:]).filter { $0.value.state != .removed && tools.allows($0.key) }
    let access = try neighbours.access()
    return MCPServerAccess(
      id: id, slug: entry.slug, name: entry.slug.capitalized, url: entry.url, auth: entry.auth,
      integration: entry.auth.type == .oauth ? access.integrations[0] : nil, scopes: entry.scopes, tools: tools,
      catalogue: listed.sorted { $0.key < $1.key }.map {
        CataloguedTool(
          name: $0.key, definitionHash: $0.value.hash, definition: withDefinitions ? $0.value.definition : nil)
      },
      catalogueStoredAt: entry.tools == nil ? nil : entry.storedAt ?? .now,
      scope: entry.auth.type == .oauth ? Self.scope(of: id) : nil,
      grant: try grant(entry.auth),
      decision: isRefused
        ? EffectiveTools.denyServer(charm: "c")
        : Decision(effect: .allow, decidingRule: "organization-default", reasons: []))
  }

  private static func scope(of id: MCPServerID) -> ConnectionScope {
    ConnectionScope(applicationType: .mcpServer, applicationId: id.rawValue, appId: id.rawValue)
  }

  private func grant(_ auth: MCPServerAuth) throws -> SignedGrant? {
    switch auth.type {
    case .none: nil
    case .staticToken: try neighbours.grant(.useStaticToken)
    case .oauth: try neighbours.grant(.release, .list, .connect)
    }
  }

  private func store(_ definitions: [String], of id: MCPServerID) throws -> StubService.Answer {
    let tools = try definitions.map { text in
      let definition = try ToolDefinition(try JSONText(validating: Array(text.utf8)))
      return (definition.name, Tool(definition: text, hash: definition.definitionHash))
    }
    entries.withLock { $0[id]?.tools = Dictionary(tools, uniquingKeysWith: { first, _ in first }) }
    return try .json(StoredTools(totals: ["approved": tools.count], changed: true, unusable: []))
  }
}
