import FoundationEssentials
import Model
import Providers
import Rules

/// Decides about access to Connections, records the decision and issues the grant for exactly what was allowed.
struct AccessService: Sendable {
  let integrations: IntegrationStore
  let applications: ApplicationService
  let providers: ProviderDirectory
  let grants: GrantIssuer
  let audit: PolicyAudit
  let rules: RuleSets
  let now: @Sendable () -> Date

  /// What rules are asked about. Whoever wants to revoke or to look after what is theirs is never kept from it.
  private static let ruledPurposes: Set<Grant.Purpose> = [.release, .connect, .list]

  /// - Throws: what the decision says: `integration_not_found`, `application_blocked`, `policy_denied`, `forbidden`;
  ///   `step_up_required` for what is dangerous; or `invalid_request`.
  func authorize(_ request: AccessRequest, by principal: Principal) async throws -> ConnectionAccess {
    let selector = try AccessSelector(request, providers.catalogue)
    let organization = principal.organizationId
    async let seen = see(selector.application, for: principal)
    async let found = find(selector.integrations, in: organization)
    async let inForce = rules.current(of: organization)
    let (application, records) = try await (seen, found)
    let ruled = application == nil || request.purposes.isDisjoint(with: Self.ruledPurposes) ? [] : records ?? []
    let rulings = ask(try await inForce, about: ruled, selector, by: principal)
    let answer = AccessDecision.decide(
      AccessQuestion(
        subject: AccessQuestion.Subject(principal), application: application, purposes: request.purposes,
        candidates: records?.map(candidate), namesProvider: selector.integrations != .all, scopes: selector.scopes,
        rules: rulings.mapValues(\.decision)))
    let shadows = (answer.integrations?.first ?? records?.first?.id).flatMap { rulings[$0]?.shadows } ?? []
    if let code = answer.refusal {
      try await record(answer, request.purposes, selector, nil, shadows, by: principal)
      throw ServiceError(code, answer.decision.reasons.joined(separator: " "))
    }
    if request.purposes.contains(.rotateKeys) { try principal.caller.requireStepUp(now: now()) }
    let actor = selector.application.map { Actor(kind: .application, id: $0.id) } ?? principal.actor
    let grant = try grants.access(
      principal, actor: actor, purposes: request.purposes, integrations: answer.integrations, scope: selector.scope)
    try await record(answer, request.purposes, selector, grant.id, shadows, by: principal)
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
    return AccessQuestion.AskingApplication(
      id: application.id, state: application.state, tokenRelease: application.tokenRelease)
  }

  /// What the rules say about each Integration. A request that names no scopes is for the Integration's default ones; one
  /// about a Connection by its id leaves them open.
  private func ask(
    _ rules: RulesInForce, about records: [IntegrationRecord], _ selector: AccessSelector, by principal: Principal
  ) -> [IntegrationID: RuleAnswer] {
    guard !rules.isSilent else { return [:] }
    let subject = Question.Subject(principal, application: selector.application?.id)
    let time = now()
    let answers = records.map { record in
      let asked = selector.scopes.isEmpty ? record.defaultScopes : selector.scopes
      let resource = Question.Resource.integration(
        record.id, scopes: selector.integrations == .all ? nil : candidate(record).ruledScopes(asked))
      return (
        record.id,
        rules.answer(
          Question(organization: record.organizationId, subject: subject, resource: resource, now: time))
      )
    }
    return Dictionary(uniqueKeysWithValues: answers)
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
    _ shadows: [Verdict.Shadow], by principal: Principal
  ) async throws {
    var details = [
      "purposes": purposes.map(\.rawValue).sorted().joined(separator: " "), "rule": answer.decision.decidingRule,
    ]
    if !selector.scopes.isEmpty { details["scopes"] = selector.scopes.joined(separator: " ") }
    details.merge(RuleAnswer.shadowDetails(shadows)) { $1 }
    try await audit.record(
      AuditFact(
        action: answer.isAllowed ? .accessGranted : .accessRefused, targetKind: "integration",
        targetId: answer.integrations?.first?.rawValue, isRefusal: !answer.isAllowed, grant: grant,
        application: selector.scope, details: details),
      by: principal.origin)
  }
}

extension AccessQuestion.Subject {
  init(_ principal: Principal) {
    self.init(
      role: principal.caller.role, isPerson: principal.caller.user != nil, isCharm: principal.caller.charmId != nil,
      mayAdminister: principal.keyScopes?.contains(.connections) ?? true,
      mayConfigure: principal.keyScopes?.contains(.configuration) ?? true)
  }
}

extension AccessQuestion.Candidate {
  init(_ record: IntegrationRecord, _ providers: ProviderDirectory) {
    self.init(
      id: record.id, name: record.name, maximumScopes: record.maximumScopes,
      identityScopes: providers.provider(of: record)?.scopes.identityScopes ?? [])
  }

  /// The scopes that rules judge: those that only tell who the account is go with every request.
  func ruledScopes(_ scopes: [String]) -> [String] { scopes.filter { !identityScopes.contains($0) } }
}
