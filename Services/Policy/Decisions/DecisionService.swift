import FoundationEssentials
import Model
import Rules

/// Explains decisions: the built-in rules and ceilings first, then the organization's rules, as they are asked for real.
///
/// Nothing is granted, counted or recorded by it.
struct DecisionService: Sendable {
  let access: MCPAccessService
  let users: UserStore
  let rules: RuleSets

  /// Owners and admins ask about anyone, members about themselves.
  ///
  /// - Throws: `forbidden`, `not_found`, `invalid_request`.
  func explain(_ question: DecisionQuestion, by principal: Principal) async throws -> ExplainedDecision {
    try principal.require(.configuration)
    try Self.check(question)
    if !Self.isAboutThemselves(question.subject, principal) {
      try await access.audit.requireConfiguration(principal, attempt: "decision.explain")
    }
    let organization = principal.organizationId
    guard let standing = try await users.standing(of: question.subject.userId, in: organization) else {
      throw ServiceError(.notFound, "The organization has no such member.")
    }
    let asked = Self.principal(question.subject, standing, by: principal)
    if let id = question.resource.integrationId {
      return try await explain(question, integration: id, as: asked)
    }
    return try await explain(question, as: asked)
  }

  private func explain(
    _ question: DecisionQuestion, integration id: IntegrationID, as asked: Principal
  ) async throws -> ExplainedDecision {
    let organization = asked.organizationId
    async let inForce = rules.current(of: organization)
    async let found = access.integrations.enabled(.id(id), in: organization)
    let application = try await application(question.subject, in: organization)
    let candidate = try await found.first.map { AccessQuestion.Candidate($0, access.providers) }
    let defaults = try await found.first?.defaultScopes ?? []
    let scopes = try TextRules.scopes(question.resource.scopes ?? [], field: "resource.scopes")
    let answer = AccessDecision.decide(
      AccessQuestion(
        subject: AccessQuestion.Subject(asked), application: application, purposes: [.release, .list, .connect],
        candidates: candidate.map { [$0] } ?? [], scopes: scopes))
    let ruled = candidate?.ruledScopes(scopes.isEmpty ? defaults : scopes) ?? scopes
    let explanation = explanation(
      .integration(id, scopes: ruled), question, as: asked, try await inForce)
    return BuiltInExplanation.merge(answer.isAllowed ? nil : answer.decision, explanation)
  }

  private func explain(_ question: DecisionQuestion, as asked: Principal) async throws -> ExplainedDecision {
    let request = MCPAccessRequest(
      mcpServerId: question.resource.mcpServerId, application: question.subject.application)
    let facts = try await access.facts(request, by: asked)
    guard let server = facts.servers.first else { throw MCPServerService.notFound }
    let application = try await application(question.subject, in: asked.organizationId)
    let subject = access.subject(server, facts, request.application, by: asked)
    let entries = facts.tools[server.id] ?? []
    let tool = question.resource.tool.map { name in
      Question.Tool(name: name, hints: entries.first { $0.name == name }?.hints ?? .unsaid)
    }
    var builtIn = AccessDecision.refusedApplication(application)?.decision ?? access.builtIn(subject)
    if builtIn.effect == .allow, let tool {
      builtIn = access.effectiveTools(of: server, subject, entries, rules: nil).judge(tool.name)
    }
    let explanation = explanation(
      tool.map(subject.tool) ?? subject.resource, question, as: asked, facts.rules)
    return BuiltInExplanation.merge(builtIn.effect == .allow ? nil : builtIn, explanation)
  }

  private func explanation(
    _ resource: Question.Resource, _ question: DecisionQuestion, as asked: Principal, _ rules: RulesInForce
  ) -> Explanation {
    rules.set.explain(
      Question(
        organization: asked.organizationId,
        subject: Question.Subject(asked, application: question.subject.application?.id), resource: resource,
        arguments: question.arguments, now: access.now()))
  }

  /// One that the organization has not seen is allowed when it comes.
  private func application(
    _ subject: DecisionQuestion.Subject, in organization: OrganizationID
  ) async throws -> AccessQuestion.AskingApplication {
    guard let asked = subject.application else { return .init(id: "", state: .allowed) }
    let known = try await access.applications.store.find(asked.id, in: organization)
    return .init(id: asked.id, state: known?.state ?? .allowed, tokenRelease: known?.tokenRelease ?? .release)
  }

  private static func isAboutThemselves(_ subject: DecisionQuestion.Subject, _ principal: Principal) -> Bool {
    guard principal.caller.user?.id == subject.userId else { return false }
    return principal.caller.charmId == nil || principal.caller.charmId == subject.charmId
  }

  private static func check(_ question: DecisionQuestion) throws {
    let (subject, resource) = (question.subject, question.resource)
    guard subject.charmId == nil || subject.application == nil else {
      throw MCPServerRules.invalid("subject", "names a Charm or an Application, not both.")
    }
    if let charm = subject.charmId { try CharmDraft.check(id: charm) }
    if let application = subject.application { try ApplicationService.check(application) }
    guard (resource.integrationId == nil) != (resource.mcpServerId == nil) else {
      throw MCPServerRules.invalid("resource", "names exactly one of integrationId and mcpServerId.")
    }
    guard resource.tool == nil || resource.mcpServerId != nil else {
      throw MCPServerRules.invalid("resource.tool", "goes with mcpServerId only.")
    }
    guard resource.scopes == nil || resource.integrationId != nil else {
      throw MCPServerRules.invalid("resource.scopes", "goes with integrationId only.")
    }
    guard question.arguments == nil || resource.tool != nil else {
      throw MCPServerRules.invalid("arguments", "goes with resource.tool only.")
    }
    try TextRules.check(resource.tool, field: "resource.tool", maximum: PolicyLimits.nameLength)
  }

  /// The member as a caller with a session of their own.
  private static func principal(
    _ subject: DecisionQuestion.Subject, _ standing: UserStore.Standing, by principal: Principal
  ) -> Principal {
    var caller = principal.caller
    caller.credential = .session
    caller.user = Caller.User(id: subject.userId, externalId: subject.userId.rawValue, email: nil, name: nil)
    caller.role = standing.role
    caller.groups = standing.groups
    caller.charmId = subject.charmId
    var asked = principal
    asked.caller = caller
    asked.keyScopes = nil
    return asked
  }
}
