import Model

/// MCP servers as members see them: what they, with the session's Charm, may use.
struct DescriptorService: Sendable {
  let servers: MCPServerStore
  let charms: CharmStore

  func list(_ page: PageRequest, by principal: Principal) async throws -> Page<MCPServerDescriptor> {
    let limit = try page.checkedLimit()
    let charm = try await charms.acting(for: principal)
    let records = try await servers.list(
      .enabled(of: charm?.servers), in: principal.organizationId, after: page.checkedCursor(), limit: limit)
    let shown = Page(records.map(\.server), limit: limit) { PageCursor(time: $0.createdAt, id: $0.id.rawValue) }
    return Page(
      items: records.prefix(limit).map { $0.descriptor(charm: charm?.part(for: $0.id)) }, nextCursor: shown.nextCursor)
  }

  /// The same answer for a server that does not exist, is turned off, or is not the Charm's.
  func show(_ id: MCPServerID, by principal: Principal) async throws -> MCPServerDescriptor {
    let charm = try await charms.acting(for: principal)?.part(for: id)
    guard charm?.hasServer != false,
      let record = try await servers.enabled(id, in: principal.organizationId).first
    else { throw MCPServerService.notFound }
    return record.descriptor(charm: charm)
  }
}
