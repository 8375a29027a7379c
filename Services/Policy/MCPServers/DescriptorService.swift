import FoundationEssentials
import Model
import Rules

/// MCP servers as members see them: what they, with the session's Charm, may use.
struct DescriptorService: Sendable {
  let servers: MCPServerStore
  let charms: CharmStore
  let rules: RuleSets
  let now: @Sendable () -> Date

  /// A page may be shorter than it could be: what the rules refuse is left out of it.
  func list(_ page: PageRequest, by principal: Principal) async throws -> Page<MCPServerDescriptor> {
    let limit = try page.checkedLimit()
    async let inForce = rules.current(of: principal.organizationId)
    let charm = try await charms.acting(for: principal)
    let records = try await servers.list(
      .enabled(of: charm?.servers), in: principal.organizationId, after: page.checkedCursor(), limit: limit)
    let shown = Page(records.map(\.server), limit: limit) { PageCursor(time: $0.createdAt, id: $0.id.rawValue) }
    let rules = try await inForce
    return Page(
      items: records.prefix(limit).filter { allows($0, rules, principal) }
        .map { $0.descriptor(charm: charm?.part(for: $0.id)) },
      nextCursor: shown.nextCursor)
  }

  /// The same answer for a server that does not exist, is turned off, is refused by a rule, or is not the Charm's.
  func show(_ id: MCPServerID, by principal: Principal) async throws -> MCPServerDescriptor {
    async let inForce = rules.current(of: principal.organizationId)
    let charm = try await charms.acting(for: principal)?.part(for: id)
    guard charm?.hasServer != false,
      let record = try await servers.enabled(id, in: principal.organizationId).first,
      allows(record, try await inForce, principal)
    else { throw MCPServerService.notFound }
    return record.descriptor(charm: charm)
  }

  /// The scopes are left open: which ones a server needs is looked at when it is used.
  private func allows(_ record: MCPServerRecord, _ rules: RulesInForce, _ principal: Principal) -> Bool {
    guard !rules.isSilent else { return true }
    let resource = Question.Resource.server(record.id, through: record.auth.integrationId, scopes: record.auth.scopes)
    return rules.set.decide(
      Question(
        organization: record.organizationId, subject: Question.Subject(principal, application: nil),
        resource: resource, now: now())
    ).isListed
  }
}
