import FoundationEssentials
import Model
import Rules

/// One server as one caller would use it: what decisions about it and about each of its tools look at.
struct MCPAccessSubject: Sendable {
  var server: MCPServerRecord
  var charm: EffectiveTools.CharmPart?
  /// The enabled Integration behind `oauth`.
  var integration: IntegrationRecord?
  var candidate: AccessQuestion.Candidate?
  /// What a Connection must cover.
  var scopes: [String]
  /// Who asks, as rules see it.
  var subject: Question.Subject
  var isPerson: Bool

  /// The server as a whole, as rules see it.
  var resource: Question.Resource { .server(server.id, through: integration?.id, scopes: ruledScopes) }

  /// One of its tools.
  func tool(_ tool: Question.Tool) -> Question.Resource {
    .tool(tool, of: server.id, through: integration?.id, scopes: ruledScopes)
  }

  private var ruledScopes: [String] { candidate?.ruledScopes(scopes) ?? [] }
}

extension MCPAccessService {
  func subject(
    _ server: MCPServerRecord, _ facts: Facts, _ application: ApplicationDescription?, by principal: Principal
  ) -> MCPAccessSubject {
    let integration = server.auth.integrationId.flatMap { facts.integrations[$0] }
    return MCPAccessSubject(
      server: server, charm: facts.charm?.part(for: server.id), integration: integration,
      candidate: integration.map { AccessQuestion.Candidate($0, providers) },
      scopes: server.auth.scopes ?? integration?.defaultScopes ?? [],
      subject: Question.Subject(principal, application: application?.id), isPerson: principal.caller.user != nil)
  }

  /// Whether the caller may use the server at all: the built-in rules first, then the organization's.
  func decide(_ asked: MCPAccessSubject, _ rules: RulesInForce) -> (decision: Decision, shadows: [Verdict.Shadow]) {
    let builtIn = builtIn(asked)
    guard builtIn.effect == .allow, !rules.isSilent else { return (builtIn, []) }
    let answer = rules.answer(
      Question(
        organization: asked.server.organizationId, subject: asked.subject, resource: asked.resource, now: now()))
    return (answer.decision, answer.shadows)
  }

  /// What the built-in rules say about the server.
  func builtIn(_ asked: MCPAccessSubject) -> Decision {
    MCPAccessQuestion(
      auth: asked.server.auth, configError: asked.server.configError, isPerson: asked.isPerson, charm: asked.charm,
      integration: asked.candidate, scopes: asked.scopes
    ).decide()
  }

  func effectiveTools(
    of server: MCPServerRecord, _ asked: MCPAccessSubject, _ entries: [CatalogueEntry], rules: ToolRules?
  ) -> EffectiveTools {
    EffectiveTools(
      allowedTools: server.allowedTools.map { Set($0) }, charm: asked.charm, pinning: server.pinning,
      hasCatalogue: server.catalogueStoredAt != nil,
      catalogue: Dictionary(
        uniqueKeysWithValues: entries.map { ($0.name, .init(state: $0.state, definitionHash: $0.hash)) }),
      rules: rules)
  }
}
