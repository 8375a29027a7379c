import FoundationEssentials
import Model
import Rules

/// Asks the rules once more when a flow goes to its provider and when it comes back: they may have changed since it
/// began.
struct FlowAccessService: Sendable {
  let integrations: IntegrationStore
  let applications: ApplicationStore
  let servers: MCPServerStore
  let charms: CharmStore
  let users: UserStore
  let providers: ProviderDirectory
  let grants: GrantIssuer
  let audit: PolicyAudit
  let rules: RuleSets
  let now: @Sendable () -> Date

  /// A grant to carry one flow through, and the Integration's configuration.
  ///
  /// The facts come from the vault by way of the exchanger. A false one gains nothing: the vault holds the grant
  /// against its own record.
  /// - Throws: `flow_expired`, or what the decision says.
  func authorize(_ facts: FlowFacts, service: ServiceName, requestId: String) async throws -> ClientAccess {
    let origin = AuditOrigin(
      organizationId: facts.organizationId, userId: facts.userId, actor: facts.actor, service: service,
      requestId: requestId)
    guard facts.status.status == .pending, facts.expiresAt > now() else {
      throw ServiceError(.flowExpired, "The authorization has ended or took too long. Start again from the app.")
    }
    try TextRules.check(
      facts.scope.applicationId, field: "scope.applicationId", maximum: PolicyLimits.applicationIdLength)
    try TextRules.check(facts.scope.appId, field: "scope.appId", maximum: PolicyLimits.applicationIdLength)
    let integration = facts.request.integrationId
    async let member = users.standing(of: facts.userId, in: facts.organizationId)
    async let records = integrations.enabled(.id(integration), in: facts.organizationId)
    async let server = server(of: facts)
    async let inForce = rules.current(of: facts.organizationId)
    let beneficiary = try await beneficiary(of: facts, try await server)
    let ruling = ask(try await inForce, facts, try await member, try await records.first, try await server)
    let answer = decide(facts, isMember: try await member != nil, records: try await records, beneficiary, ruling)
    let shadows = ruling?.shadows ?? []
    guard let record = try await records.first, answer.isAllowed else {
      try await self.record(answer, facts, nil, shadows, by: origin)
      throw ServiceError(answer.refusal ?? .policyDenied, answer.decision.reasons.joined(separator: " "))
    }
    let grant = try grants.flow(facts)
    try await self.record(answer, facts, grant.id, shadows, by: origin)
    return ClientAccess(grant: grant.signed, client: record.client, resource: try await server?.resource)
  }

  /// The MCP server that the tokens are for, if it may still be used with the Integration; nil for none.
  private func server(of facts: FlowFacts) async throws -> MCPServerRecord? {
    let named = facts.request.mcpServerId
    let scoped = facts.scope.applicationType == .mcpServer ? MCPServerID(validating: facts.scope.applicationId) : nil
    guard let id = named ?? scoped, let server = try await servers.enabled(id, in: facts.organizationId).first,
      server.auth.integrationId == facts.request.integrationId, server.configError == nil
    else { return nil }
    return server
  }

  /// Whom the Connection is for, as the decision looks at it: the Application, or the MCP server in its place. Nil for
  /// one that the organization does not have, or that may not use the Integration.
  private func beneficiary(
    of facts: FlowFacts, _ server: MCPServerRecord?
  ) async throws -> AccessQuestion.AskingApplication? {
    guard facts.request.mcpServerId == nil || server != nil else { return nil }
    let (scope, organization) = (facts.scope, facts.organizationId)
    switch scope.applicationType {
    case .application:
      let application = try await applications.find(scope.applicationId, in: organization)
      return application.map { AccessQuestion.AskingApplication(id: $0.id, state: $0.state) }
    case .mcpServer:
      guard let id = server?.id, scope == .server(id) else { return nil }
      if facts.actor.kind == .charm {
        let charm = try await charms.find(facts.actor.id ?? "", in: organization)
        guard charm?.part(for: id).hasServer == true else { return nil }
      }
      return AccessQuestion.AskingApplication(id: id.rawValue, state: .allowed)
    }
  }

  private func decide(
    _ facts: FlowFacts, isMember: Bool, records: [IntegrationRecord],
    _ beneficiary: AccessQuestion.AskingApplication?, _ ruling: RuleAnswer?
  ) -> AccessDecision {
    guard isMember else {
      return .deny(.membership, .policyDenied, "The user is no longer a member of the organization.")
    }
    guard let beneficiary else {
      return .deny(
        .applicationUnknown, .policyDenied,
        "The organization does not know the Application or MCP server, or it does not use this Integration.")
    }
    return AccessDecision.decide(
      AccessQuestion(
        subject: AccessQuestion.Subject(
          role: .member, isPerson: true, isCharm: false, mayAdminister: false, mayConfigure: false),
        application: beneficiary,
        purposes: [.connect], candidates: records.map { AccessQuestion.Candidate($0, providers) },
        scopes: facts.request.scopes,
        rules: ruling.map { [facts.request.integrationId: $0.decision] } ?? [:]))
  }

  /// What the rules say now. The member's role and groups are those of now too.
  private func ask(
    _ rules: RulesInForce, _ facts: FlowFacts, _ member: UserStore.Standing?, _ record: IntegrationRecord?,
    _ server: MCPServerRecord?
  ) -> RuleAnswer? {
    guard !rules.isSilent, let member, let record else { return nil }
    let subject = Question.Subject(
      user: facts.userId, groups: member.groups, role: member.role,
      charm: facts.actor.kind == .charm ? facts.actor.id : nil,
      application: facts.scope.applicationType == .application ? facts.scope.applicationId : nil)
    let scopes = AccessQuestion.Candidate(record, providers).ruledScopes(facts.request.scopes)
    let resource =
      server.map { Question.Resource.server($0.id, through: record.id, scopes: scopes) }
      ?? .integration(record.id, scopes: scopes)
    return rules.answer(
      Question(organization: facts.organizationId, subject: subject, resource: resource, now: now()))
  }

  private func record(
    _ answer: AccessDecision, _ facts: FlowFacts, _ grant: GrantID?, _ shadows: [Verdict.Shadow],
    by origin: AuditOrigin
  ) async throws {
    try await audit.record(
      AuditFact(
        action: answer.isAllowed ? .flowAuthorized : .flowRefused, targetKind: "flow", targetId: facts.id.rawValue,
        isRefusal: !answer.isAllowed, grant: grant, application: facts.scope,
        details: ["rule": answer.decision.decidingRule].merging(RuleAnswer.shadowDetails(shadows)) { $1 }),
      by: origin)
  }
}
