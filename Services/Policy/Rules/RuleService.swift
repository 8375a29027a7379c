import FoundationEssentials
import Model
import PostgreSQL

/// Access rules as owners and admins write them. A change is in force for every decision that begins after its commit.
struct RuleService: Sendable {
  let store: RuleStore
  let mutations: Mutations
  private let references = RuleReferences()

  func create(_ draft: RuleDraft, by principal: Principal) async throws -> Rule {
    try await mayConfigure(principal, "rule.create")
    let organization = principal.organizationId
    let now = Date()
    let rule = Rule(id: .random(), draft: draft, createdAt: now, updatedAt: now)
    return try await mutations.run(by: principal.origin) { transaction in
      try await store.advance(organization, transaction)
      try await requireRoom(for: rule, in: organization, transaction)
      try await references.check(draft, in: organization, transaction)
      try await store.insert(rule, in: organization, transaction)
      return (rule, Self.trace(.ruleCreated, rule))
    }
  }

  func list(_ page: PageRequest, by principal: Principal) async throws -> Page<Rule> {
    try await mayConfigure(principal, "rule.list")
    let limit = try page.checkedLimit()
    let rules = try await store.list(in: principal.organizationId, after: page.checkedCursor(), limit: limit)
    return Page(rules, limit: limit) { PageCursor(time: $0.createdAt, id: $0.id.rawValue) }
  }

  func show(_ id: RuleID, by principal: Principal) async throws -> Rule {
    try await mayConfigure(principal, "rule.show")
    guard let rule = try await store.find(id, in: principal.organizationId) else { throw Self.notFound }
    return rule
  }

  func replace(_ id: RuleID, _ draft: RuleDraft, by principal: Principal) async throws -> Rule {
    try await mayConfigure(principal, "rule.replace")
    let organization = principal.organizationId
    return try await mutations.run(by: principal.origin) { transaction in
      try await store.advance(organization, transaction)
      guard var rule = try await store.find(id, in: organization, transaction) else { throw Self.notFound }
      rule.draft = draft
      try await requireRoom(for: rule, in: organization, transaction)
      try await references.check(draft, in: organization, transaction)
      rule.updatedAt = Date()
      try await store.replace(rule, in: organization, transaction)
      return (rule, Self.trace(.ruleChanged, rule))
    }
  }

  func delete(_ id: RuleID, by principal: Principal) async throws {
    try await mayConfigure(principal, "rule.delete")
    let organization = principal.organizationId
    try await mutations.run(by: principal.origin) { transaction in
      try await store.advance(organization, transaction)
      guard let rule = try await store.find(id, in: organization, transaction) else { throw Self.notFound }
      try await store.delete(id, in: organization, transaction)
      return ((), Self.trace(.ruleDeleted, rule))
    }
  }

  private static let notFound = ServiceError(.notFound, "The organization has no such rule.")

  private func requireRoom(
    for rule: Rule, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    let others = try await store.size(in: organization, besides: rule.id, transaction)
    guard others.rules < RuleLimits.rules else {
      throw ServiceError(.conflict, "The organization has \(RuleLimits.rules) rules already. Delete one first.")
    }
    guard others.entries + rule.draft.entryCount <= RuleLimits.entriesOfAllRules else {
      throw ServiceError(
        .conflict,
        "The lists of all rules may have \(RuleLimits.entriesOfAllRules) entries together. Use groups or patterns.")
    }
  }

  private static func trace(_ action: PolicyAction, _ rule: Rule) -> Mutations.Trace {
    .init(
      [
        AuditFact(
          action: action, targetKind: "rule", targetId: rule.id.rawValue,
          details: [
            "name": rule.draft.name, "effect": rule.draft.effect.rawValue, "mode": rule.draft.mode.rawValue,
          ])
      ], notices: [ChangeNotice(kind: .organization, subject: rule.id.rawValue)])
  }

  private func mayConfigure(_ principal: Principal, _ attempt: String) async throws {
    try await mutations.audit.requireConfiguration(principal, attempt: attempt)
  }
}
