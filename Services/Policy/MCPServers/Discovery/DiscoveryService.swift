import FoundationEssentials
import Model
import PostgreSQL

/// MCP servers with what was found by their URL alone. Their issuer is held on to until an owner agrees to another one.
struct DiscoveryService: Sendable {
  let planner: DiscoveryPlanner
  let maker: FoundAuthMaker
  let servers: MCPServerService

  /// Stores a new server with the Integration that was made for it.
  func create(_ request: CreateDiscoveredMCPServer, by principal: Principal) async throws -> MCPServer {
    let id = MCPServerID.random()
    return try await servers.create(
      request.server, as: id,
      found: { auth in
        guard auth.type == .oauth, auth.integrationId == nil, request.server.url == request.found.discovery.url else {
          throw ServiceError(.invalidRequest, "What was found does not belong to this server.")
        }
        return try await maker.make(
          request.found, for: id, name: request.server.name, scopes: auth.scopes, in: principal.organizationId)
      }, by: principal)
  }

  /// Gives a server what is found now. An Integration that was made for it before goes, and its Connections with it.
  func adopt(_ id: MCPServerID, _ found: AdoptDiscovery, by principal: Principal) async throws -> MCPServer {
    try await servers.mutations.audit.requireConfiguration(principal, attempt: "mcp-server.discover")
    let organization = principal.organizationId
    guard let known = try await servers.store.find(id, in: organization) else { throw MCPServerService.notFound }
    guard known.auth.type == .oauth, known.url == found.discovery.url else {
      throw ServiceError(.conflict, "The MCP server was changed in the meantime. Look at it and try again.")
    }
    // At the first look, what an owner asked for; later on, what the server says now.
    let wanted = known.discovered == nil ? known.auth.scopes : nil
    let auth = try await maker.make(found, for: id, name: known.name, scopes: wanted, in: organization)
    let (server, tasks) = try await servers.bound.storing(auth, by: principal) { settled in
      try await servers.mutations.run(by: principal.origin) { transaction in
        try await servers.bound.insert(auth, in: transaction)
        try await servers.requireIntegration(auth.integrationId, scopes: auth.scopes, in: organization, transaction)
        guard var record = try await servers.store.lock(id, in: organization, transaction) else {
          throw MCPServerService.notFound
        }
        record.auth.scopes = wanted
        auth.apply(to: &record)
        record.updatedAt = Date()
        try await servers.store.update(record, in: transaction)
        let tasks = try await servers.bound.remove(of: id, except: auth.integrationId, by: principal, in: transaction)
        try await settled(transaction)
        return ((record.server, tasks), Self.trace(.mcpServerDiscovered, id, auth.discovered.issuer))
      }
    }
    for task in tasks { await servers.vaultTasks.attempt(task) }
    return server
  }

  /// Hears which issuer a server names now. Another one than the stored puts it out of use, whoever's call brought it up.
  func report(_ id: MCPServerID, _ report: ReportIssuer, by principal: Principal) async throws -> ReportedIssuer {
    try TextRules.check(report.issuer, field: "issuer", maximum: PolicyLimits.issuerLength)
    let organization = principal.organizationId
    guard let known = try await servers.store.find(id, in: organization) else { throw MCPServerService.notFound }
    guard Self.isNews(report, known) else { return ReportedIssuer(isKnown: known.configError == nil) }
    try await servers.mutations.run(by: principal.origin) { transaction in
      guard var record = try await servers.store.lock(id, in: organization, transaction), Self.isNews(report, record)
      else { return ((), .init([])) }
      record.configError = .issuerChanged(to: report.issuer, from: record.discovered?.issuer ?? "", at: Date())
      try await servers.store.update(record, in: transaction)
      return ((), Self.trace(.mcpServerIssuerChanged, id, report.issuer))
    }
    return ReportedIssuer(isKnown: false)
  }

  private static func isNews(_ report: ReportIssuer, _ record: MCPServerRecord) -> Bool {
    guard let issuer = record.discovered?.issuer else { return false }
    return issuer != report.issuer && record.configError?.issuer != report.issuer
  }

  private static func trace(_ action: PolicyAction, _ id: MCPServerID, _ issuer: String) -> Mutations.Trace {
    .init(
      [AuditFact(action: action, targetKind: "mcp-server", targetId: id.rawValue, details: ["issuer": issuer])],
      notices: [ChangeNotice(kind: .organization, subject: id.rawValue)])
  }
}

extension MCPServer.ConfigError {
  static func issuerChanged(to issuer: String, from old: String, at time: Date) -> MCPServer.ConfigError {
    MCPServer.ConfigError(
      reason: .issuerChanged,
      detail: "The server named \(old) as its authorization server and now names \(issuer). "
        + "Nothing is sent to it until an owner or admin agrees: POST /v1/mcp-servers/{id}/discover.", issuer: issuer,
      since: time)
  }
}
