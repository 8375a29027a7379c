import FoundationEssentials
import Model
import Rules

/// What an organization has set up, as a preview asks about it.
struct PreviewedWorld: Sendable {
  private let integrations: [IntegrationRecord]
  private let servers: [MCPServerRecord]
  private let entries: [MCPServerID: [CatalogueEntry]]
  private let charms: [Charm]
  private let access: MCPAccessService
  private let now: Date

  init(_ access: MCPAccessService, _ rules: PreviewedRules, in organization: OrganizationID) async throws {
    self.access = access
    now = access.now()
    integrations = try await access.integrations.enabled(.all, in: organization)
    let servers = try await access.servers.enabled(nil, in: organization)
    self.servers = servers
    entries = try await access.tools.entries(
      of: servers.map(\.id), in: organization, withDefinitions: rules.mentionsAnnotations)
    var charms: [Charm] = []
    for id in rules.charms.sorted() {
      if let charm = try await access.charms.find(id, in: organization) { charms.append(charm) }
    }
    self.charms = charms
  }

  /// What is different for one member: alone, and with each Charm and Application that a rule names.
  func changes(for member: PreviewStore.Member, _ rules: PreviewedRules) -> [RulePreview.AccessChange] {
    let actors: [(charm: Charm?, application: String?)] =
      [(nil, nil)] + charms.map { ($0, nil) } + rules.applications.sorted().map { (nil, $0) }
    return actors.flatMap { charm, application in
      let subject = Question.Subject(
        user: member.id, groups: member.standing.groups, role: member.standing.role, charm: charm?.id,
        application: application)
      // A Charm uses MCP servers; Connections are for people and Applications.
      let connections = charm == nil ? integrations.compactMap { change(subject, $0, rules) } : []
      return connections + servers.flatMap { changes(subject, $0, charm, rules) }
    }
  }

  private func change(
    _ subject: Question.Subject, _ record: IntegrationRecord, _ rules: PreviewedRules
  ) -> RulePreview.AccessChange? {
    let scopes = AccessQuestion.Candidate(record, access.providers).ruledScopes(record.defaultScopes)
    return rules.change(subject, .integration(record.id, scopes: scopes), now: now).flatMap {
      RulePreview.AccessChange(
        subject, integrationId: record.id, mcpServerId: nil, tool: nil, before: $0.before, after: $0.after)
    }
  }

  private func changes(
    _ subject: Question.Subject, _ server: MCPServerRecord, _ charm: Charm?, _ rules: PreviewedRules
  ) -> [RulePreview.AccessChange] {
    let asked = asked(server, subject, charm)
    // What a ceiling withholds stays withheld, whatever the rules say.
    guard access.builtIn(asked).effect == .allow else { return [] }
    let entries = entries[server.id] ?? []
    let ceiling = access.effectiveTools(of: server, asked, entries, rules: nil)
    let whole = rules.change(subject, asked.resource, now: now).map { (nil as String?, $0) }
    let tools = entries.filter { $0.state != .removed && ceiling.allows($0.name) }.compactMap { entry in
      rules.change(subject, asked.tool(Question.Tool(name: entry.name, hints: entry.hints)), now: now)
        .map { (entry.name as String?, $0) }
    }
    return ((whole.map { [$0] } ?? []) + tools).compactMap { tool, change in
      RulePreview.AccessChange(
        subject, integrationId: nil, mcpServerId: server.id, tool: tool, before: change.before, after: change.after)
    }
  }

  /// A recorded use asked again; nil where the answer would be the same, or where what it was about is no more.
  func replay(_ use: PreviewStore.Use, _ rules: PreviewedRules) -> RulePreview.ReplayedUse? {
    // A refusal by a ceiling stays one.
    guard !use.isRefused || RuleID(validating: use.rule) != nil || use.rule == Self.silence else { return nil }
    let subject = Question.Subject(
      user: use.user, groups: use.standing.groups, role: use.standing.role, charm: use.charm,
      application: use.application)
    guard let resource = resource(of: use, subject) else { return nil }
    let before: RulePreview.Access = use.isRefused ? .refused : .allowed
    let after = rules.after.access(
      Question(organization: rules.after.set.organization, subject: subject, resource: resource, now: use.at))
    guard after != before else { return nil }
    return RulePreview.ReplayedUse(
      at: use.at, userId: use.user, charmId: use.charm, applicationId: use.application,
      integrationId: resource.server == nil ? resource.integration : nil, mcpServerId: resource.server, tool: use.tool,
      before: before, after: after)
  }

  private static let silence = AccessDecision.Rule.organizationDefault.rawValue

  private func resource(of use: PreviewStore.Use, _ subject: Question.Subject) -> Question.Resource? {
    if let record = integrations.first(where: { $0.id.rawValue == use.target }) {
      let scopes = AccessQuestion.Candidate(record, access.providers).ruledScopes(use.scopes ?? record.defaultScopes)
      return .integration(record.id, scopes: scopes)
    }
    guard let server = servers.first(where: { $0.id.rawValue == use.target }) else { return nil }
    let asked = asked(server, subject, nil)
    guard let name = use.tool else { return asked.resource }
    let hints = entries[server.id]?.first { $0.name == name }?.hints ?? .unsaid
    return asked.tool(Question.Tool(name: name, hints: hints))
  }

  private func asked(_ server: MCPServerRecord, _ subject: Question.Subject, _ charm: Charm?) -> MCPAccessSubject {
    let integration = server.auth.integrationId.flatMap { id in integrations.first { $0.id == id } }
    return MCPAccessSubject(
      server: server, charm: charm?.part(for: server.id), integration: integration,
      candidate: integration.map { AccessQuestion.Candidate($0, access.providers) },
      scopes: server.auth.scopes ?? integration?.defaultScopes ?? [], subject: subject, isPerson: true)
  }
}

extension RulePreview.AccessChange {
  /// Nil for a subject that is no person.
  fileprivate init?(
    _ subject: Question.Subject, integrationId: IntegrationID?, mcpServerId: MCPServerID?, tool: String?,
    before: RulePreview.Access, after: RulePreview.Access
  ) {
    guard let user = subject.user else { return nil }
    self.init(
      userId: user, charmId: subject.charm, applicationId: subject.application, integrationId: integrationId,
      mcpServerId: mcpServerId, tool: tool, before: before, after: after)
  }
}
