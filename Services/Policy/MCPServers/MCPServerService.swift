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
  let bound: BoundIntegrations
  let removal: MCPServerRemoval

  /// A request's parts that need no look at what is stored.
  struct Checked: Sendable {
    var auth: MCPServerAuth
    var token: WireSecret?
    var allowedTools: [String]?
  }

  /// - Throws: `invalid_request` that names what is wrong.
  func checked(_ request: CreateMCPServer) throws -> Checked {
    try rules.check(name: request.name)
    try rules.check(url: request.url)
    try rules.check(description: request.description)
    let allowedTools = try MCPServerRules.tools(request.allowedTools)
    let auth = try rules.auth(request.auth)
    guard auth.type != .staticToken || request.auth.token != nil else { throw Self.tokenMissing }
    return Checked(
      auth: auth, token: try request.auth.token.map(MCPServerRules.token), allowedTools: allowedTools)
  }

  /// Makes an MCP server. Its static token is in the vault before the row exists; when the row is not stored, the token
  /// is destroyed.
  ///
  /// - Parameter found: what discovery brought for this authentication; nil where it was not asked.
  func create(
    _ request: CreateMCPServer, as id: MCPServerID = .random(),
    found: (MCPServerAuth) async throws -> FoundAuth? = { _ in nil }, by principal: Principal
  ) async throws -> MCPServer {
    try await mayConfigure(principal, "mcp-server.create")
    let checked = try checked(request)
    let found = try await found(checked.auth)
    let now = Date()
    var draft = MCPServerRecord(
      id: id, organizationId: principal.organizationId, name: request.name, slug: "", url: request.url,
      auth: checked.auth, allowedTools: checked.allowedTools, description: request.description, status: .enabled,
      pinning: request.pinning ?? false, catalogueStoredAt: nil, createdAt: now, updatedAt: now)
    found?.apply(to: &draft)
    let prepared = draft
    return try await storing(checked.token, of: id, isFirst: true, found, by: principal) { settled in
      try await mutations.run(by: principal.origin) { transaction in
        var record = prepared
        let taken = try await store.lockSlugs(in: principal.organizationId, transaction)
        guard taken.count < PolicyLimits.mcpServerCount else { throw Self.tooMany }
        record.slug = MCPServerSlug.make(of: record.name, taken: taken)
        try await bound.insert(found, in: transaction)
        try await requireIntegration(
          record.auth.integrationId, scopes: record.auth.scopes, in: principal.organizationId, transaction)
        try await store.insert(record, in: transaction)
        try await settled(transaction)
        return (record.server, Self.trace(.mcpServerCreated, id, details: Self.details(record)))
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
    let (server, leftovers) = try await storing(change.token, of: id, isFirst: isFirst, by: principal) { settled in
      try await mutations.run(by: principal.origin) { transaction in
        // The Integration before the server, as its deletion locks them.
        if let auth = change.auth {
          try await requireIntegration(auth.integrationId, scopes: auth.scopes, in: organization, transaction)
        }
        guard var record = try await store.lock(id, in: organization, transaction) else { throw Self.notFound }
        let old = record.auth
        guard old.type == known.auth.type else { throw Self.changedMeanwhile }
        change.apply(to: &record)
        record.updatedAt = Date()
        try await store.update(record, in: transaction)
        try await settled(transaction)
        let hasOldToken = old.type == .staticToken && record.auth.type != .staticToken
        if hasOldToken { try await vaultTasks.store.add(destruction, delaySeconds: 0, in: transaction) }
        var leftovers = hasOldToken ? [destruction] : []
        leftovers += try await bound.remove(
          of: id, except: record.auth.integrationId, by: principal, in: transaction)
        return ((record.server, leftovers), Self.trace(.mcpServerChanged, id, details: change.details))
      }
    }
    for task in leftovers { await vaultTasks.attempt(task) }
    return server
  }

  /// Takes an MCP server out of use at once, destroys its static token and has its Connections revoked.
  func delete(_ id: MCPServerID, by principal: Principal) async throws {
    try await mayConfigure(principal, "mcp-server.delete")
    let tasks = try await mutations.run(by: principal.origin) { transaction in
      guard try await store.lock(id, in: principal.organizationId, transaction) != nil else { throw Self.notFound }
      let tasks = try await removal.remove(id, by: principal, in: transaction)
      return (tasks, Self.trace(.mcpServerDeleted, id))
    }
    for task in tasks { await vaultTasks.attempt(task) }
  }

  static let notFound = ServiceError(.notFound, "The organization has no such MCP server.")
  static let tokenMissing = MCPServerRules.invalid("auth.token", "is missing: the type is \"staticToken\".")
  private static let tooMany = ServiceError(
    .conflict, "The organization has \(PolicyLimits.mcpServerCount) MCP servers, which is the most. Delete one first.")
  private static let changedMeanwhile = ServiceError(
    .conflict, "Somebody else changed the MCP server's authentication in the meantime. Look at it and try again.")

  /// Stores a token around the change that makes it the server's.
  ///
  /// - Parameters:
  ///   - isFirst: whether the server has none yet. Then it goes on record first that it is to be destroyed.
  ///   - found: what was found instead of a token.
  private func storing<Result: Sendable>(
    _ token: WireSecret?, of id: MCPServerID, isFirst: Bool, _ found: FoundAuth? = nil, by principal: Principal,
    _ change: (@Sendable (PostgresTransaction) async throws -> Void) async throws -> Result
  ) async throws -> Result {
    guard let token else { return try await bound.storing(found, by: principal, change) }
    let organization = principal.organizationId
    guard isFirst else {
      try await vault.put(token, for: id, of: organization, actor: principal.actor)
      return try await change { _ in }
    }
    return try await vaultTasks.guarding(tokenTask(of: id, principal)) {
      try await vault.put(token, for: id, of: organization, actor: principal.actor)
    } change: {
      try await change($0)
    }
  }

  /// The Integration that a server is about to use exists, and its ceiling allows the scopes. Locked, so that it is not
  /// deleted meanwhile.
  func requireIntegration(
    _ id: IntegrationID?, scopes: [String]?, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    guard let id else { return }
    guard let integration = try await integrations.lock(id, in: organization, transaction) else {
      throw MCPServerRules.invalid("auth.integrationId", "names no Integration of the organization.")
    }
    let excess = AccessQuestion.Candidate(integration, providers).excess(scopes ?? [])
    guard excess.isEmpty else {
      throw MCPServerRules.invalid(
        "auth.scopes", "go beyond the Integration's ceiling: \(excess.sorted().joined(separator: ", ")).")
    }
  }

  private static func details(_ record: MCPServerRecord) -> [String: String] {
    var details = ["auth": record.auth.type.rawValue]
    details["issuer"] = record.discovered?.issuer
    return details
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
