import FoundationEssentials
import Model
import PostgreSQL

/// The stored catalogues of MCP servers, and what owners and admins decide about each tool.
struct ToolService: Sendable {
  let store: ToolStore
  let servers: MCPServerStore
  let mutations: Mutations

  /// A page of a server's tools, by name.
  func list(_ id: MCPServerID, _ page: PageRequest, by principal: Principal) async throws -> Page<MCPTool> {
    try await mayConfigure(principal, "mcp-server.tools.list")
    let limit = try page.checkedLimit()
    guard try await servers.find(id, in: principal.organizationId) != nil else { throw MCPServerService.notFound }
    let records = try await store.list(
      of: id, in: principal.organizationId, after: try page.checkedCursor()?.id, limit: limit)
    return Page(try records.map { try $0.tool() }, limit: limit) { PageCursor(time: $0.firstSeenAt, id: $0.name) }
  }

  /// Takes what the gateway fetched for a caller into the catalogue.
  ///
  /// What is there at the first look counts as approved unless the owner pinned the server: from then on everything is
  /// held against it.
  func keep(_ id: MCPServerID, _ request: StoreTools, by principal: Principal) async throws -> StoredTools {
    let fetched = try FetchedTools(request)
    let organization = principal.organizationId
    return try await mutations.run(by: principal.origin) { transaction in
      guard var server = try await servers.lock(id, in: organization, transaction), server.status == .enabled else {
        throw MCPServerService.notFound
      }
      let isFirst = server.catalogueStoredAt == nil
      let now = Date()
      let merge = CatalogueMerge(
        of: try await store.all(of: id, in: organization, transaction), with: fetched.definitions,
        mode: .init(saysWhatIsGone: principal.seesEverything, approves: isFirst && !server.pinning), now: now)
      guard merge.tools.count <= PolicyLimits.toolCount else { throw Self.tooMany }
      try await store.write(merge.written, of: id, in: organization, transaction)
      try await store.forget(merge.forgotten, of: id, in: organization, transaction)
      server.catalogueStoredAt = now
      try await servers.update(server, in: transaction)
      let stored = StoredTools(totals: merge.totals, changed: isFirst || merge.changed, unusable: fetched.unusable)
      return (stored, stored.changed ? Self.trace(.toolsChanged, id, merge.totals.mapValues(String.init)) : .init([]))
    }
  }

  /// Approves a tool as the server describes it now, and lifts a block.
  func approve(_ id: MCPServerID, _ tool: ToolReference, by principal: Principal) async throws -> MCPTool {
    try await decide(.toolApproved, id, tool, by: principal) { record in
      guard record.isPresent else {
        throw ServiceError(.conflict, "The server no longer has the tool. Refresh its tools, or block the tool.")
      }
      record.approved = record.definition
      record.isBlocked = false
    }
  }

  /// Shuts a tool off, whatever the server says about it from now on.
  func block(_ id: MCPServerID, _ tool: ToolReference, by principal: Principal) async throws -> MCPTool {
    try await decide(.toolBlocked, id, tool, by: principal) { $0.isBlocked = true }
  }

  private func decide(
    _ action: PolicyAction, _ id: MCPServerID, _ tool: ToolReference, by principal: Principal,
    _ body: (inout ToolRecord) throws -> Void
  ) async throws -> MCPTool {
    try await mayConfigure(principal, action.rawValue)
    let organization = principal.organizationId
    try TextRules.check(tool.name, field: "name", maximum: PolicyLimits.nameLength)
    return try await mutations.run(by: principal.origin) { transaction in
      guard try await servers.lock(id, in: organization, transaction) != nil else { throw MCPServerService.notFound }
      guard let old = try await store.find(tool.name, of: id, in: organization, transaction) else {
        throw ServiceError(.notFound, "The catalogue has no such tool. Refresh the server's tools first.")
      }
      if let hash = tool.definitionHash, hash != old.definition.hash {
        throw ServiceError(.conflict, "The tool has another definition by now. Look at it and decide again.")
      }
      var record = old
      try body(&record)
      guard record != old else { return (try old.tool(), .init([])) }
      record.changedAt = Date()
      try await store.write([record], of: id, in: organization, transaction)
      return (
        try record.tool(), Self.trace(action, id, ["tool": record.name, "definition": record.definition.hash])
      )
    }
  }

  private static let tooMany = ServiceError(
    .conflict,
    "The catalogue would have more than \(PolicyLimits.toolCount) tools. An owner or admin must refresh it first.")

  private static func trace(
    _ action: PolicyAction, _ id: MCPServerID, _ details: [String: String]
  ) -> Mutations.Trace {
    .init(
      [AuditFact(action: action, targetKind: "mcp-server", targetId: id.rawValue, details: details)],
      notices: [ChangeNotice(kind: .organization, subject: id.rawValue)])
  }

  private func mayConfigure(_ principal: Principal, _ attempt: String) async throws {
    try await mutations.audit.requireConfiguration(principal, attempt: attempt)
  }
}

extension Principal {
  /// Whether a server's list for this caller tells which tools it no longer has.
  fileprivate var seesEverything: Bool {
    caller.role.mayConfigure && caller.charmId == nil && keyScopes?.contains(.configuration) != false
  }
}
