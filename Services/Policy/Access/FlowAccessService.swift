import FoundationEssentials
import Model

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
    async let member = users.exists(facts.userId, in: facts.organizationId)
    async let records = integrations.enabled(.id(integration), in: facts.organizationId)
    async let beneficiary = beneficiary(of: facts)
    let answer = decide(facts, isMember: try await member, records: try await records, try await beneficiary)
    guard let record = try await records.first, answer.isAllowed else {
      try await self.record(answer, facts, nil, by: origin)
      throw ServiceError(answer.refusal ?? .policyDenied, answer.decision.reasons.joined(separator: " "))
    }
    let grant = try grants.flow(facts)
    try await self.record(answer, facts, grant.id, by: origin)
    return ClientAccess(grant: grant.signed, client: record.client)
  }

  /// Whom the Connection is for, as the decision looks at it: the Application, or the MCP server in its place. Nil for
  /// one that the organization does not have, or that may not use the Integration.
  private func beneficiary(of facts: FlowFacts) async throws -> AccessQuestion.AskingApplication? {
    let (scope, organization) = (facts.scope, facts.organizationId)
    switch scope.applicationType {
    case .application:
      let application = try await applications.find(scope.applicationId, in: organization)
      return application.map { AccessQuestion.AskingApplication(id: $0.id, state: $0.state) }
    case .mcpServer:
      guard let id = MCPServerID(validating: scope.applicationId), scope == .server(id),
        let server = try await servers.enabled(id, in: organization).first,
        server.auth.integrationId == facts.request.integrationId
      else { return nil }
      if facts.actor.kind == .charm {
        let charm = try await charms.find(facts.actor.id ?? "", in: organization)
        guard charm?.part(for: id).hasServer == true else { return nil }
      }
      return AccessQuestion.AskingApplication(id: id.rawValue, state: .allowed)
    }
  }

  private func decide(
    _ facts: FlowFacts, isMember: Bool, records: [IntegrationRecord],
    _ beneficiary: AccessQuestion.AskingApplication?
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
        subject: AccessQuestion.Subject(role: .member, isPerson: true, isCharm: false, mayAdminister: false),
        application: beneficiary,
        purposes: [.connect], candidates: records.map { AccessQuestion.Candidate($0, providers) },
        scopes: facts.request.scopes))
  }

  private func record(
    _ answer: AccessDecision, _ facts: FlowFacts, _ grant: GrantID?, by origin: AuditOrigin
  ) async throws {
    try await audit.record(
      AuditFact(
        action: answer.isAllowed ? .flowAuthorized : .flowRefused, targetKind: "flow", targetId: facts.id.rawValue,
        isRefusal: !answer.isAllowed, grant: grant, application: facts.scope,
        details: ["rule": answer.decision.decidingRule]),
      by: origin)
  }
}
