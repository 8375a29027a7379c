import FoundationEssentials
import Model
import Rules

/// What an organization has set up, with its rules, as decisions look at it: as it is, or as it might be.
struct AccessWorld: Sendable {
  /// The enabled ones that are looked at.
  var integrations: [IntegrationID: IntegrationRecord]
  /// The enabled ones that are looked at.
  var servers: [MCPServerID: MCPServerRecord]
  var charms: [String: Charm]
  var applications: [String: Application]
  var rules: RulesInForce
  /// What is asked about; nil: everything.
  var focus: Focus?
  let entries: [MCPServerID: [CatalogueEntry]]
  let access: MCPAccessService
  let now: Date

  /// The things that a change can touch.
  struct Focus: Sendable {
    var integrations: Set<IntegrationID>
    var servers: Set<MCPServerID>
  }

  /// Something that a member can use.
  enum Thing: Hashable, Sendable {
    case integration(IntegrationID)
    case server(MCPServerID)
    case tool(MCPServerID, String)
  }

  /// In whose hands a member's wishes are.
  enum Agent: Hashable, Sendable {
    /// The member's own, or those of any Charm or Application that nothing tells apart.
    case member
    case charm(String)
    case application(String)
  }

  /// What may come of each wish of a member. What is left out is refused.
  func answers(to member: PreviewStore.Member, by agent: Agent) -> [Thing: RulePreview.Access] {
    let subject = subject(member, agent)
    var answers: [Thing: RulePreview.Access] = [:]
    guard isOpen(to: agent) else { return answers }
    if mayHoldTokens(agent) {
      for record in integrations.values where focus?.integrations.contains(record.id) ?? true {
        let scopes = AccessQuestion.Candidate(record, access.providers).ruledScopes(record.defaultScopes)
        note(.integration(record.id), .integration(record.id, scopes: scopes), subject, in: &answers)
      }
    }
    for server in servers.values where focus?.servers.contains(server.id) ?? true {
      add(server, subject, agent, to: &answers)
    }
    return answers
  }

  func subject(_ member: PreviewStore.Member, _ agent: Agent) -> Question.Subject {
    var subject = Question.Subject(
      user: member.id, groups: member.standing.groups, role: member.standing.role, charm: nil, application: nil)
    switch agent {
    case .member: break
    case .charm(let id): subject.charm = id
    case .application(let id): subject.application = id
    }
    return subject
  }

  private func add(
    _ server: MCPServerRecord, _ subject: Question.Subject, _ agent: Agent,
    to answers: inout [Thing: RulePreview.Access]
  ) {
    let asked = asked(server, subject, charm: part(of: server.id, in: agent))
    // What a ceiling withholds stays withheld, whatever the rules say.
    guard access.builtIn(asked).effect == .allow else { return }
    let entries = entries[server.id] ?? []
    let ceiling = access.effectiveTools(of: server, asked, entries, rules: nil)
    note(.server(server.id), asked.resource, subject, in: &answers)
    for entry in entries where entry.state != .removed && ceiling.allows(entry.name) {
      let tool = asked.tool(Question.Tool(name: entry.name, hints: entry.hints))
      note(.tool(server.id, entry.name), tool, subject, in: &answers)
    }
  }

  private func note(
    _ thing: Thing, _ resource: Question.Resource, _ subject: Question.Subject,
    in answers: inout [Thing: RulePreview.Access]
  ) {
    let question = Question(organization: rules.set.organization, subject: subject, resource: resource, now: now)
    let answer = rules.access(question)
    if answer != .refused { answers[thing] = answer }
  }

  private func part(of server: MCPServerID, in agent: Agent) -> EffectiveTools.CharmPart? {
    guard case .charm(let id) = agent else { return nil }
    return charms[id]?.part(for: server) ?? EffectiveTools.CharmPart(id: id, hasServer: false)
  }

  /// One that the organization has not seen is allowed when it comes.
  private func isOpen(to agent: Agent) -> Bool {
    guard case .application(let id) = agent, let application = applications[id] else { return true }
    return application.state == .allowed
  }

  /// A Charm uses MCP servers; Connections are for people and Applications.
  private func mayHoldTokens(_ agent: Agent) -> Bool {
    switch agent {
    case .member: true
    case .charm: false
    case .application(let id): applications[id]?.tokenRelease != .gatewayOnly
    }
  }

  /// A server as decisions look at it.
  func asked(
    _ server: MCPServerRecord, _ subject: Question.Subject, charm: EffectiveTools.CharmPart?
  ) -> MCPAccessSubject {
    let integration = server.auth.integrationId.flatMap { integrations[$0] }
    return MCPAccessSubject(
      server: server, charm: charm, integration: integration,
      candidate: integration.map { AccessQuestion.Candidate($0, access.providers) },
      scopes: server.auth.scopes ?? integration?.defaultScopes ?? [], subject: subject, isPerson: true)
  }
}
