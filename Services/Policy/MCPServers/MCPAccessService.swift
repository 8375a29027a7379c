import FoundationEssentials
import Model
import Rules

/// Decides which MCP servers a caller may use and with which tools, records the decisions and issues the grants.
struct MCPAccessService: Sendable {
  let servers: MCPServerStore
  let charms: CharmStore
  let tools: ToolStore
  let integrations: IntegrationStore
  let applications: ApplicationService
  let providers: ProviderDirectory
  let grants: GrantIssuer
  let audit: PolicyAudit
  let rules: RuleSets
  let now: @Sendable () -> Date

  private static let oauthPurposes: Set<Grant.Purpose> = [.release, .list, .connect]

  /// - Throws: `not_found` for a server that is named and not there or turned off, `application_blocked`, `forbidden`,
  ///   `invalid_request`.
  func authorize(_ request: MCPAccessRequest, by principal: Principal) async throws -> MCPAccess {
    try principal.require(.configuration)
    if let application = request.application { try ApplicationService.check(application) }
    try await requireApplication(request.application, by: principal)
    let facts = try await facts(request, by: principal)
    let issuedAt = now()
    let answers = try facts.servers.compactMap { server -> Answer? in
      let answer = try answer(server, facts, request, by: principal)
      // Only who asks for one server learns that it is refused.
      return answer.access.decision.effect == .allow || request.mcpServerId != nil ? answer : nil
    }
    try await record(answers, request.application, by: principal)
    return MCPAccess(
      servers: answers.map(\.access),
      expiresAt: answers.compactMap(\.access.grant?.expiresAt).min()
        ?? issuedAt.addingTimeInterval(Double(Grant.maximumLifetimeSeconds)))
  }

  /// An answer about one server, with the grant's id for the audit row.
  private struct Answer: Sendable {
    var access: MCPServerAccess
    var grant: GrantID?
    var shadows: [Verdict.Shadow]
  }

  func requireApplication(
    _ description: ApplicationDescription?, by principal: Principal
  ) async throws {
    guard let description else { return }
    guard principal.caller.user != nil else {
      throw ServiceError(.forbidden, "An API key has no Connections; use a session of a user.")
    }
    guard principal.caller.charmId == nil else {
      throw ServiceError(.forbidden, "A session that is bound to a Charm acts for no Application.")
    }
    let known = try await applications.store.find(description.id, in: principal.organizationId)
    let application = try await applications.see(description, for: principal, known: known)
    guard let refusal = AccessDecision.refusedApplication(.init(id: application.id, state: application.state)) else {
      return
    }
    try await audit.record(
      AuditFact(
        action: .accessRefused, targetKind: "application", targetId: application.id, isRefusal: true,
        details: ["rule": refusal.decision.decidingRule]), by: principal.origin)
    throw ServiceError(refusal.refusal ?? .applicationBlocked, refusal.decision.reasons.joined(separator: " "))
  }

  /// Everything that the decisions look at.
  struct Facts: Sendable {
    var servers: [MCPServerRecord]
    var charm: ActingCharm?
    var integrations: [IntegrationID: IntegrationRecord]
    var tools: [MCPServerID: [CatalogueEntry]]
    var rules: RulesInForce
  }

  func facts(_ request: MCPAccessRequest, by principal: Principal) async throws -> Facts {
    let organization = principal.organizationId
    async let found = servers.enabled(request.mcpServerId, in: organization)
    async let acting = charms.acting(for: principal)
    async let inForce = rules.current(of: organization)
    let (servers, charm, rules) = try await (found, acting, inForce)
    guard request.mcpServerId == nil || !servers.isEmpty else {
      throw ServiceError(.notFound, "The organization has no such MCP server, or has turned it off.")
    }
    async let records = integrations.enabled(.ids(servers.compactMap(\.auth.integrationId)), in: organization)
    async let entries = tools.entries(
      of: servers.map(\.id), in: organization,
      withDefinitions: request.mcpServerId != nil || rules.mentionsAnnotations)
    return Facts(
      servers: servers, charm: charm,
      integrations: Dictionary(uniqueKeysWithValues: try await records.map { ($0.id, $0) }), tools: try await entries,
      rules: rules)
  }

  private func answer(
    _ server: MCPServerRecord, _ facts: Facts, _ request: MCPAccessRequest, by principal: Principal
  ) throws -> Answer {
    let entries = facts.tools[server.id] ?? []
    let subject = subject(server, facts, request.application, by: principal)
    let (decision, shadows) = decide(subject, facts.rules)
    let isAllowed = decision.effect == .allow
    let scope = scope(of: server, for: request.application)
    let grant = isAllowed ? try grant(for: server, scope, request.application, by: principal) : nil
    let effective = effectiveTools(
      of: server, subject, entries,
      rules: isAllowed ? facts.rules.tools(entries, for: subject.subject, now: now(), resource: subject.tool) : nil)
    let usable = isAllowed ? entries.filter { $0.state != .removed && effective.allows($0.name) } : []
    return Answer(
      access: MCPServerAccess(
        id: server.id, slug: server.slug, name: server.name, url: server.url, auth: server.auth,
        issuer: server.discovered?.issuer,
        integration: subject.integration.map { providers.summary(of: $0) }, scopes: subject.scopes, tools: effective,
        catalogue: usable.map { tool in
          CataloguedTool(
            name: tool.name, definitionHash: tool.hash,
            definition: request.mcpServerId == nil ? nil : tool.definition)
        },
        catalogueStoredAt: server.catalogueStoredAt, scope: scope, grant: grant?.signed, decision: decision),
      grant: grant?.id, shadows: shadows)
  }

  /// Whose Connections a server works with: the server's own, or those of the Application that acts.
  private func scope(of server: MCPServerRecord, for application: ApplicationDescription?) -> ConnectionScope? {
    guard server.auth.type == .oauth else { return nil }
    return application.map(ConnectionScope.application) ?? .server(server.id)
  }

  private func grant(
    for server: MCPServerRecord, _ scope: ConnectionScope?, _ application: ApplicationDescription?,
    by principal: Principal
  ) throws -> IssuedGrant? {
    let actor = application.map { Actor(kind: .application, id: $0.id) } ?? principal.actor
    return switch server.auth.type {
    case .none: nil
    case .staticToken:
      try grants.access(
        principal, actor: actor, purposes: [.useStaticToken], integrations: [], scope: .server(server.id))
    case .oauth:
      try grants.access(
        principal, actor: actor, purposes: Self.oauthPurposes,
        integrations: server.auth.integrationId.map { [$0] } ?? [], scope: scope)
    }
  }

  /// Everything is on record before anything is answered.
  private func record(
    _ answers: [Answer], _ application: ApplicationDescription?, by principal: Principal
  ) async throws {
    guard !answers.isEmpty else { return }
    try await audit.record(
      answers.map { answer in
        let isAllowed = answer.access.decision.effect == .allow
        return AuditFact(
          action: isAllowed ? .accessGranted : .accessRefused, targetKind: "mcp-server",
          targetId: answer.access.id.rawValue, isRefusal: !isAllowed, grant: answer.grant,
          application: application.map(ConnectionScope.application) ?? answer.access.scope,
          details: ["rule": answer.access.decision.decidingRule]
            .merging(RuleAnswer.shadowDetails(answer.shadows)) { $1 })
      }, by: principal.origin)
  }
}
