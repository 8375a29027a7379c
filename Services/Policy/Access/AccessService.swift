import Model
import Providers

/// Decides about access to Connections, records the decision and issues the grant for exactly what was allowed.
struct AccessService: Sendable {
  let integrations: IntegrationStore
  let applications: ApplicationService
  let providers: ProviderDirectory
  let grants: GrantIssuer
  let audit: PolicyAudit

  /// - Throws: what the decision says: `integration_not_found`, `application_blocked`, `policy_denied`, `forbidden`;
  ///   or `invalid_request`.
  func authorize(_ request: AccessRequest, by principal: Principal) async throws -> ConnectionAccess {
    let selector = try AccessSelector(request)
    let organization = principal.organizationId
    async let seen = see(selector.application, for: principal)
    async let found = find(selector.integrations, in: organization)
    let (application, records) = try await (seen, found)
    let answer = AccessDecision.decide(
      AccessQuestion(
        subject: AccessQuestion.Subject(principal), application: application, purposes: request.purposes,
        candidates: records?.map(candidate), namesProvider: selector.integrations != .all, scopes: selector.scopes))
    if let code = answer.refusal {
      try await record(answer, request.purposes, selector, nil, by: principal)
      throw ServiceError(code, answer.decision.reasons.joined(separator: " "))
    }
    let actor = selector.application.map { Actor(kind: .application, id: $0.id) } ?? principal.actor
    let grant = try grants.access(
      principal, actor: actor, purposes: request.purposes, integrations: answer.integrations, scope: selector.scope)
    try await record(answer, request.purposes, selector, grant.id, by: principal)
    let allowed = Set(answer.integrations ?? [])
    return ConnectionAccess(
      grant: grant.signed, decision: answer.decision,
      integrations: (records ?? []).filter { allowed.contains($0.id) }.map { providers.summary(of: $0) },
      scope: selector.scope)
  }

  private func see(
    _ description: ApplicationDescription?, for principal: Principal
  ) async throws -> AccessQuestion.AskingApplication? {
    guard let description else { return nil }
    let known = try await applications.store.find(description.id, in: principal.organizationId)
    let application = try await applications.see(description, for: principal, known: known)
    return AccessQuestion.AskingApplication(id: application.id, state: application.state)
  }

  private func find(
    _ selector: IntegrationSelector?, in organization: OrganizationID
  ) async throws -> [IntegrationRecord]? {
    guard let selector else { return nil }
    return try await integrations.enabled(selector, in: organization)
  }

  private func candidate(_ record: IntegrationRecord) -> AccessQuestion.Candidate {
    AccessQuestion.Candidate(record, providers)
  }

  private func record(
    _ answer: AccessDecision, _ purposes: Set<Grant.Purpose>, _ selector: AccessSelector, _ grant: GrantID?,
    by principal: Principal
  ) async throws {
    try await audit.record(
      AuditFact(
        action: answer.isAllowed ? .accessGranted : .accessRefused, targetKind: "integration",
        targetId: answer.integrations?.first?.rawValue, isRefusal: !answer.isAllowed, grant: grant,
        application: selector.scope,
        details: [
          "purposes": purposes.map(\.rawValue).sorted().joined(separator: " "), "rule": answer.decision.decidingRule,
        ]),
      by: principal.origin)
  }
}

extension AccessQuestion.Subject {
  init(_ principal: Principal) {
    self.init(
      role: principal.caller.role, isPerson: principal.caller.user != nil, isCharm: principal.caller.charmId != nil,
      mayAdminister: principal.keyScopes?.contains(.connections) ?? true)
  }
}

extension AccessQuestion.Candidate {
  init(_ record: IntegrationRecord, _ providers: ProviderDirectory) {
    self.init(
      id: record.id, name: record.name, maximumScopes: record.maximumScopes,
      identityScopes: providers.provider(of: record)?.scopes.identityScopes ?? [])
  }
}
