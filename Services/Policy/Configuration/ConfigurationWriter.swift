import FoundationEssentials
import Model
import PostgreSQL

/// Carries a plan out, inside one transaction that has locked what the plan is about.
struct ConfigurationWriter: Sendable {
  let integrations: IntegrationStore
  let servers: MCPServerStore
  let charms: CharmStore
  let applications: ApplicationStore
  let rules: RuleStore
  let bound: BoundIntegrations
  let removal: MCPServerRemoval
  let vaultTasks: VaultTaskStore

  /// What is left to tell once it is stored.
  struct Outcome: Sendable {
    var trace = Mutations.Trace([])
    /// To be tried after the commit.
    var tasks: [VaultTask] = []

    fileprivate mutating func note(
      _ action: PolicyAction, _ kind: String, _ id: String, _ notice: Change.Kind, _ details: [String: String]
    ) {
      trace.facts.append(AuditFact(action: action, targetKind: kind, targetId: id, details: details))
      trace.notices.append(ChangeNotice(kind: notice, subject: id))
    }
  }

  /// What is new comes before what names it, and goes after.
  func write(
    _ plan: ConfigurationPlan, by principal: Principal, in transaction: PostgresTransaction
  ) async throws -> Outcome {
    var outcome = Outcome()
    try await writeDefault(plan, &outcome, principal, transaction)
    try await write(plan.integrations, &outcome, principal, transaction)
    try await write(plan.servers, &outcome, principal, transaction)
    try await write(plan.charms, &outcome, principal, transaction)
    try await write(plan.applications, &outcome, principal, transaction)
    try await write(plan.rules, &outcome, principal, transaction)
    try await delete(plan.servers.deleted, &outcome, principal, transaction)
    try await delete(plan.integrations.deleted, &outcome, principal, transaction)
    return outcome
  }

  private func writeDefault(
    _ plan: ConfigurationPlan, _ outcome: inout Outcome, _ principal: Principal, _ transaction: PostgresTransaction
  ) async throws {
    guard let (before, after) = plan.defaultEffect, before != after else { return }
    let organization = principal.organizationId
    try await transaction.query(
      "UPDATE organization SET default_effect = \(after) WHERE organization_id = \(organization)")
    outcome.note(
      .organizationChanged, "organization", organization.rawValue, .organization, ["defaultEffect": after.rawValue])
  }

  private func write(
    _ changes: ConfigurationPlan.Changes<IntegrationRecord>, _ outcome: inout Outcome, _ principal: Principal,
    _ transaction: PostgresTransaction
  ) async throws {
    for record in changes.created {
      try await integrations.insert(record, in: transaction)
      outcome.note(
        .integrationCreated, "integration", record.id.rawValue, .integration, ["provider": record.provider])
    }
    for change in changes.changed {
      try await integrations.update(change.after, in: transaction)
      outcome.note(
        .integrationChanged, "integration", change.after.id.rawValue, .integration, Self.changed(change.fields))
      if change.fields.contains("clientSecret") {
        outcome.note(.integrationSecretRotated, "integration", change.after.id.rawValue, .integration, [:])
      }
    }
  }

  private func write(
    _ changes: ConfigurationPlan.Changes<MCPServerRecord>, _ outcome: inout Outcome, _ principal: Principal,
    _ transaction: PostgresTransaction
  ) async throws {
    for record in changes.created {
      try await servers.insert(record, in: transaction)
      let details = ["auth": record.auth.type.rawValue]
      outcome.note(.mcpServerCreated, "mcp-server", record.id.rawValue, .organization, details)
    }
    for change in changes.changed {
      let record = change.after
      try await servers.update(record, in: transaction)
      if change.before.auth.type == .staticToken, record.auth.type != .staticToken {
        let task = VaultTask(
          organizationId: record.organizationId, kind: .destroyStaticToken, subject: record.id.rawValue,
          actor: principal.actor)
        try await vaultTasks.add(task, delaySeconds: 0, in: transaction)
        outcome.tasks.append(task)
      }
      outcome.tasks += try await bound.remove(
        of: record.id, except: record.auth.integrationId, by: principal, in: transaction)
      outcome.note(
        .mcpServerChanged, "mcp-server", record.id.rawValue, .organization, Self.changed(change.fields))
    }
  }

  private func write(
    _ changes: ConfigurationPlan.Changes<Charm>, _ outcome: inout Outcome, _ principal: Principal,
    _ transaction: PostgresTransaction
  ) async throws {
    let organization = principal.organizationId
    for charm in changes.created {
      guard try await charms.insert(charm, in: organization, transaction) else {
        throw ServiceError(.conflict, "Somebody else made a Charm in the meantime. Try again.")
      }
      outcome.note(.charmCreated, "charm", charm.id, .organization, [:])
    }
    for change in changes.changed {
      try await charms.update(change.after, in: organization, transaction)
      outcome.note(.charmChanged, "charm", change.after.id, .organization, Self.changed(change.fields))
    }
    for charm in changes.deleted {
      _ = try await charms.delete(charm.id, in: organization, transaction)
      outcome.note(.charmDeleted, "charm", charm.id, .organization, [:])
    }
  }

  /// Left out of a document means that it is as any other that comes.
  private func write(
    _ changes: ConfigurationPlan.Changes<Application>, _ outcome: inout Outcome, _ principal: Principal,
    _ transaction: PostgresTransaction
  ) async throws {
    let reset = changes.deleted.map { application in
      var plain = application
      (plain.state, plain.tokenRelease) = (.allowed, .release)
      return plain
    }
    for application in changes.created + changes.changed.map(\.after) + reset {
      try await applications.settle(application, in: principal.organizationId, transaction)
      outcome.note(
        .applicationChanged, "application", application.id, .application,
        ["state": application.state.rawValue, "tokenRelease": application.tokenRelease.rawValue])
    }
  }

  private func write(
    _ changes: ConfigurationPlan.Changes<Rule>, _ outcome: inout Outcome, _ principal: Principal,
    _ transaction: PostgresTransaction
  ) async throws {
    let organization = principal.organizationId
    for rule in changes.created {
      try await rules.insert(rule, in: organization, transaction)
      outcome.note(.ruleCreated, "rule", rule.id.rawValue, .organization, Self.details(rule))
    }
    for change in changes.changed {
      try await rules.replace(change.after, in: organization, transaction)
      outcome.note(.ruleChanged, "rule", change.after.id.rawValue, .organization, Self.details(change.after))
    }
    for rule in changes.deleted {
      try await rules.delete(rule.id, in: organization, transaction)
      outcome.note(.ruleDeleted, "rule", rule.id.rawValue, .organization, Self.details(rule))
    }
  }

  private func delete(
    _ records: [MCPServerRecord], _ outcome: inout Outcome, _ principal: Principal, _ transaction: PostgresTransaction
  ) async throws {
    for record in records {
      outcome.tasks += try await removal.remove(record.id, by: principal, in: transaction)
      outcome.note(.mcpServerDeleted, "mcp-server", record.id.rawValue, .organization, [:])
    }
  }

  private func delete(
    _ records: [IntegrationRecord], _ outcome: inout Outcome, _ principal: Principal, _ transaction: PostgresTransaction
  ) async throws {
    for record in records {
      try await servers.detach(record.id, in: record.organizationId, transaction)
      outcome.tasks.append(try await bound.retire(record.id, by: principal, in: transaction))
      outcome.note(.integrationDeleted, "integration", record.id.rawValue, .integration, [:])
    }
  }

  private static func changed(_ fields: [String]) -> [String: String] {
    ["changed": fields.joined(separator: " ")]
  }

  private static func details(_ rule: Rule) -> [String: String] {
    ["name": rule.draft.name, "effect": rule.draft.effect.rawValue, "mode": rule.draft.mode.rawValue]
  }
}
