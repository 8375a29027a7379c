import FoundationEssentials
import Model
import PostgreSQL

/// Charms as owners and admins set them up: which MCP servers each has, narrowed to which tools.
struct CharmService: Sendable {
  let store: CharmStore
  let mutations: Mutations

  func create(_ request: CreateCharm, by principal: Principal) async throws -> Charm {
    try await mayConfigure(principal, "charm.create")
    if let id = request.id { try TextRules.check(newPlatformId: id, field: "id") }
    try CharmDraft.check(name: request.name)
    let servers = try CharmDraft.servers(request.mcpServers)
    let now = Date()
    let charm = Charm(
      id: request.id ?? "chm_\(RandomText.base32(bytes: 16))", name: request.name, mcpServers: servers,
      createdAt: now, updatedAt: now)
    return try await mutations.run(by: principal.origin) { transaction in
      try await requireServers(servers, in: principal.organizationId, transaction)
      guard try await store.insert(charm, in: principal.organizationId, transaction) else {
        throw ServiceError(
          .conflict, "The organization has a Charm with this id already. Change it, or choose another id.")
      }
      return (charm, Self.trace(.charmCreated, charm.id))
    }
  }

  func list(_ page: PageRequest, by principal: Principal) async throws -> Page<Charm> {
    try await mayConfigure(principal, "charm.list")
    let limit = try page.checkedLimit()
    let charms = try await store.list(in: principal.organizationId, after: page.checkedCursor(), limit: limit)
    return Page(charms, limit: limit) { PageCursor(time: $0.createdAt, id: $0.id) }
  }

  func show(_ id: String, by principal: Principal) async throws -> Charm {
    try await mayConfigure(principal, "charm.show")
    try CharmDraft.check(id: id)
    guard let charm = try await store.find(id, in: principal.organizationId) else { throw Self.notFound }
    return charm
  }

  /// Changes what the request names. Without an update in it, everything stays.
  func update(_ target: TargetedCharm, by principal: Principal) async throws -> Charm {
    guard let update = target.update else { return try await show(target.id, by: principal) }
    try await mayConfigure(principal, "charm.update")
    try CharmDraft.check(id: target.id)
    if let name = update.name { try CharmDraft.check(name: name) }
    let servers = try update.mcpServers.map(CharmDraft.servers)
    let organization = principal.organizationId
    return try await mutations.run(by: principal.origin) { transaction in
      // The servers before the Charm, as the deletion of a server locks them.
      if let servers { try await requireServers(servers, in: organization, transaction) }
      guard var charm = try await store.lock(target.id, in: organization, transaction) else { throw Self.notFound }
      charm.name = update.name ?? charm.name
      charm.mcpServers = servers ?? charm.mcpServers
      charm.updatedAt = Date()
      try await store.update(charm, in: organization, transaction)
      return (charm, Self.trace(.charmChanged, charm.id))
    }
  }

  /// From then on sessions that name the Charm reach nothing.
  func delete(_ id: String, by principal: Principal) async throws {
    try await mayConfigure(principal, "charm.delete")
    try CharmDraft.check(id: id)
    try await mutations.run(by: principal.origin) { transaction in
      guard try await store.delete(id, in: principal.organizationId, transaction) else { throw Self.notFound }
      return ((), Self.trace(.charmDeleted, id))
    }
  }

  static let notFound = ServiceError(.notFound, "The organization has no such Charm.")

  func requireServers(
    _ servers: [Charm.Server], in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    let known = try await store.known(servers.map(\.mcpServerId), in: organization, transaction)
    guard let index = servers.firstIndex(where: { !known.contains($0.mcpServerId) }) else { return }
    throw MCPServerRules.invalid(
      "mcpServers[\(index)].mcpServerId", "names no MCP server of the organization.")
  }

  private static func trace(_ action: PolicyAction, _ id: String) -> Mutations.Trace {
    .init(
      [AuditFact(action: action, targetKind: "charm", targetId: id)],
      notices: [ChangeNotice(kind: .organization, subject: id)])
  }

  private func mayConfigure(_ principal: Principal, _ attempt: String) async throws {
    try await mutations.audit.requireConfiguration(principal, attempt: attempt)
  }
}

extension Charm {
  /// What the Charm says about a server.
  func part(for server: MCPServerID) -> EffectiveTools.CharmPart {
    guard let entry = mcpServers.first(where: { $0.mcpServerId == server }) else {
      return EffectiveTools.CharmPart(id: id, hasServer: false)
    }
    return EffectiveTools.CharmPart(id: id, hasServer: true, allowedTools: entry.allowedTools.map { Set($0) })
  }
}
