import FoundationEssentials
import Model
import PostgreSQL

/// MCP servers as owners and admins set them up.
struct MCPServerService: Sendable {
  let store: MCPServerStore
  let integrations: IntegrationStore
  let providers: ProviderDirectory
  let mutations: Mutations
  let vault: Vault
  let vaultTasks: VaultTaskService
  let rules: MCPServerRules

  /// Makes an MCP server. Its static token is in the vault before the row exists; when the row is not stored, the token
  /// is destroyed.
  func create(_ request: CreateMCPServer, by principal: Principal) async throws -> MCPServer {
    try await mayConfigure(principal, "mcp-server.create")
    try rules.check(name: request.name)
    try rules.check(url: request.url)
    try rules.check(description: request.description)
    let allowedTools = try MCPServerRules.tools(request.allowedTools)
    let auth = try rules.auth(request.auth)
    guard auth.type != .staticToken || request.auth.token != nil else { throw Self.tokenMissing }
    let token = try request.auth.token.map(MCPServerRules.token)
    let (id, now) = (MCPServerID.random(), Date())
    let draft = MCPServerRecord(
      id: id, organizationId: principal.organizationId, name: request.name, slug: "", url: request.url, auth: auth,
      allowedTools: allowedTools, description: request.description, status: .enabled,
      pinning: request.pinning ?? false, catalogueStoredAt: nil, createdAt: now, updatedAt: now)
    return try await storing(token, of: id, isFirst: true, by: principal) { settled in
      try await mutations.run(by: principal.origin) { transaction in
        var record = draft
        let taken = try await store.lockSlugs(in: principal.organizationId, transaction)
        guard taken.count < PolicyLimits.mcpServerCount else { throw Self.tooMany }
        record.slug = MCPServerSlug.make(of: record.name, taken: taken)
        try await requireIntegration(of: auth, in: principal.organizationId, transaction)
        try await store.insert(record, in: transaction)
        try await settled(transaction)
        return (record.server, Self.trace(.mcpServerCreated, id, details: ["auth": auth.type.rawValue]))
      }
    }
  }

  func list(_ page: PageRequest, by principal: Principal) async throws -> Page<MCPServer> {
    try await mayConfigure(principal, "mcp-server.list")
    let limit = try page.checkedLimit()
    let records = try await store.list(
      .all, in: principal.organizationId, after: page.checkedCursor(), limit: limit)
    return Page(records.map(\.server), limit: limit) { PageCursor(time: $0.createdAt, id: $0.id.rawValue) }
  }

  func show(_ id: MCPServerID, by principal: Principal) async throws -> MCPServer {
    try await mayConfigure(principal, "mcp-server.show")
    guard let record = try await store.find(id, in: principal.organizationId) else { throw Self.notFound }
    return record.server
  }

  /// Changes what may be changed; absent fields stay.
  func update(_ id: MCPServerID, _ request: UpdateMCPServer, by principal: Principal) async throws -> MCPServer {
    try await mayConfigure(principal, "mcp-server.update")
    let change = try MCPServerChange(request, rules: rules)
    let organization = principal.organizationId
    guard let known = try await store.find(id, in: organization) else { throw Self.notFound }
    let isFirst = known.auth.type != .staticToken
    if change.auth?.type == .staticToken, isFirst, change.token == nil { throw Self.tokenMissing }
    let destruction = tokenTask(of: id, principal)
    let (server, hasOldToken) = try await storing(change.token, of: id, isFirst: isFirst, by: principal) { settled in
      try await mutations.run(by: principal.origin) { transaction in
        // The Integration before the server, as its deletion locks them.
        if let auth = change.auth { try await requireIntegration(of: auth, in: organization, transaction) }
        guard var record = try await store.lock(id, in: organization, transaction) else { throw Self.notFound }
        let old = record.auth
        guard old.type == known.auth.type else { throw Self.changedMeanwhile }
        change.apply(to: &record)
        record.updatedAt = Date()
        try await store.update(record, in: transaction)
        try await settled(transaction)
        let hasOldToken = old.type == .staticToken && record.auth.type != .staticToken
        if hasOldToken { try await vaultTasks.store.add(destruction, delaySeconds: 0, in: transaction) }
        return ((record.server, hasOldToken), Self.trace(.mcpServerChanged, id, details: change.details))
      }
    }
    if hasOldToken { await vaultTasks.attempt(destruction) }
    return server
  }

  /// Takes an MCP server out of use at once, destroys its static token and has its Connections revoked.
  func delete(_ id: MCPServerID, by principal: Principal) async throws {
    try await mayConfigure(principal, "mcp-server.delete")
    let organization = principal.organizationId
    let tasks = [
      VaultTask(organizationId: organization, kind: .revokeServer, subject: id.rawValue, actor: principal.actor),
      tokenTask(of: id, principal),
    ]
    try await mutations.run(by: principal.origin) { transaction in
      guard try await store.lock(id, in: organization, transaction) != nil else { throw Self.notFound }
      try await store.delete(id, in: organization, transaction)
      for task in tasks { try await vaultTasks.store.add(task, delaySeconds: 0, in: transaction) }
      return ((), Self.trace(.mcpServerDeleted, id))
    }
    for task in tasks { await vaultTasks.attempt(task) }
  }

  static let notFound = ServiceError(.notFound, "The organization has no such MCP server.")
  private static let tokenMissing = MCPServerRules.invalid("auth.token", "is missing: the type is \"staticToken\".")
  private static let tooMany = ServiceError(
    .conflict, "The organization has \(PolicyLimits.mcpServerCount) MCP servers, which is the most. Delete one first.")
  private static let changedMeanwhile = ServiceError(
    .conflict, "Somebody else changed the MCP server's authentication in the meantime. Look at it and try again.")

  /// Stores a token around the change that makes it the server's.
  ///
  /// - Parameter isFirst: whether the server has none yet. Then it goes on record before it is stored that it is to be
  ///   destroyed, and off the record with the change: whatever happens to this call, no token stays without its server.
  private func storing<Result: Sendable>(
    _ token: WireSecret?, of id: MCPServerID, isFirst: Bool, by principal: Principal,
    _ change: (@Sendable (PostgresTransaction) async throws -> Void) async throws -> Result
  ) async throws -> Result {
    guard let token else { return try await change { _ in } }
    let organization = principal.organizationId
    guard isFirst else {
      try await vault.put(token, for: id, of: organization, actor: principal.actor)
      return try await change { _ in }
    }
    let (tasks, orphan) = (vaultTasks.store, tokenTask(of: id, principal))
    try await mutations.database.transaction(in: .organization(organization)) { transaction in
      try await tasks.add(orphan, delaySeconds: VaultTaskService.orphanSeconds, in: transaction)
    }
    do {
      try await vault.put(token, for: id, of: organization, actor: principal.actor)
      return try await change { try await tasks.remove(orphan, in: $0) }
    } catch {
      // The change may be stored although the answer to its commit was lost: then the orphan is off the record.
      await vaultTasks.attemptIfOnRecord(orphan)
      throw error
    }
  }

  /// The Integration that a server is about to use exists, and its ceiling allows the scopes. Locked, so that it is not
  /// deleted meanwhile.
  private func requireIntegration(
    of auth: MCPServerAuth, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    guard let id = auth.integrationId else { return }
    guard let integration = try await integrations.lock(id, in: organization, transaction) else {
      throw MCPServerRules.invalid("auth.integrationId", "names no Integration of the organization.")
    }
    let excess = AccessQuestion.Candidate(integration, providers).excess(auth.scopes ?? [])
    guard excess.isEmpty else {
      throw MCPServerRules.invalid(
        "auth.scopes", "go beyond the Integration's ceiling: \(excess.sorted().joined(separator: ", ")).")
    }
  }

  private static func trace(
    _ action: PolicyAction, _ id: MCPServerID, details: [String: String] = [:]
  ) -> Mutations.Trace {
    .init(
      [AuditFact(action: action, targetKind: "mcp-server", targetId: id.rawValue, details: details)],
      notices: [ChangeNotice(kind: .organization, subject: id.rawValue)])
  }

  private func mayConfigure(_ principal: Principal, _ attempt: String) async throws {
    try await mutations.audit.requireConfiguration(principal, attempt: attempt)
  }

  private func tokenTask(of id: MCPServerID, _ principal: Principal) -> VaultTask {
    VaultTask(
      organizationId: principal.organizationId, kind: .destroyStaticToken, subject: id.rawValue,
      actor: principal.actor)
  }
}
