import FoundationEssentials
import Model
import PostgreSQL

/// The organization's configuration as one document, and what a document makes of it.
struct ConfigurationService: Sendable {
  let reader: ConfigurationReader
  let planner: ConfigurationPlanner
  let writer: ConfigurationWriter
  let impacts: ConfigurationImpacts
  let mutations: Mutations
  let vault: Vault
  let vaultTasks: VaultTaskService

  /// - Throws: `conflict` where a document cannot hold it.
  func show(by principal: Principal) async throws -> OrganizationConfiguration {
    try await mutations.audit.requireConfiguration(principal, attempt: "configuration.show")
    let export = try ConfigurationExport(try await reader.look(at: principal.organizationId, for: nil))
    try export.requireReadable()
    return OrganizationConfiguration(configuration: export.document, version: export.version)
  }

  /// Makes the organization what the document says, or says what that would mean.
  ///
  /// New secrets are in the vault before the things that they belong to are stored, and are destroyed when these are not.
  /// - Throws: `invalid_request` with every problem of the document; `conflict` where the state is another than the caller knows.
  func apply(_ call: ApplyConfiguration, by principal: Principal) async throws -> ConfigurationReport {
    try await mutations.audit.requireConfiguration(principal, attempt: "configuration.apply")
    let organization = principal.organizationId
    let ids = NewConfigurationIDs(for: call.request.configuration)
    let state = try await reader.look(at: organization, for: call.request.configuration)
    let plan = try planner.plan(call, for: state, newIds: ids)
    let version = try ConfigurationExport(state).version
    if let known = call.request.version, known != version { throw Self.changedMeanwhile }
    var report = plan.report(dryRun: call.dryRun, version: version, of: organization)
    if call.dryRun {
      let missing = Set(plan.missingSecrets.map(\.name)).sorted()
      report.missingSecrets = missing.isEmpty ? nil : missing
      report.impact = try await impacts.impact(of: plan, by: principal)
      return report
    }
    if let (before, after) = plan.defaultEffect, before != after { try principal.caller.requireStepUp() }
    guard !report.isEmpty else { return report }
    let outcome = try await storing(plan.secrets[...], [], by: principal) { settled in
      try await mutations.run(by: principal.origin) { transaction in
        try await reader.rules.advance(organization, transaction)
        let now = try await reader.read(
          organization, for: call.request.configuration, isLocking: true, transaction)
        guard now.ids == state.ids, try ConfigurationExport(now).version == version else {
          throw Self.changedMeanwhile
        }
        let outcome = try await writer.write(
          try planner.plan(call, for: now, newIds: ids), by: principal, in: transaction)
        for step in settled { try await step(transaction) }
        return (outcome, outcome.trace)
      }
    }
    for task in outcome.tasks { await vaultTasks.attempt(task) }
    report.version = try ConfigurationExport(try await reader.look(at: organization, for: nil)).version
    return report
  }

  private static let changedMeanwhile = ServiceError(
    .conflict, "The configuration is not the one that this was made for any more. Look at it and try again.")

  private typealias Settled = @Sendable (PostgresTransaction) async throws -> Void

  /// Stores secrets, one around the other, and then the change that makes them somebody's.
  private func storing<Result: Sendable>(
    _ secrets: ArraySlice<ConfigurationPlan.SecretWrite>, _ settled: [Settled], by principal: Principal,
    _ change: ([Settled]) async throws -> Result
  ) async throws -> Result {
    guard let secret = secrets.first else { return try await change(settled) }
    let rest = secrets.dropFirst()
    guard secret.isFirst else {
      try await put(secret, by: principal)
      return try await storing(rest, settled, by: principal, change)
    }
    return try await vaultTasks.guarding(Self.destruction(of: secret, principal)) {
      try await put(secret, by: principal)
    } change: {
      try await storing(rest, settled + [$0], by: principal, change)
    }
  }

  private func put(_ secret: ConfigurationPlan.SecretWrite, by principal: Principal) async throws {
    let (organization, actor) = (principal.organizationId, principal.actor)
    switch secret.owner {
    case .integration(let id):
      try await vault.put(secret.value, expiresAt: nil, for: id, of: organization, actor: actor)
    case .server(let id): try await vault.put(secret.value, for: id, of: organization, actor: actor)
    }
  }

  private static func destruction(
    of secret: ConfigurationPlan.SecretWrite, _ principal: Principal
  ) -> VaultTask {
    let (kind, subject): (VaultTask.Kind, String) =
      switch secret.owner {
      case .integration(let id): (.destroySecret, id.rawValue)
      case .server(let id): (.destroyStaticToken, id.rawValue)
      }
    return VaultTask(
      organizationId: principal.organizationId, kind: kind, subject: subject, actor: principal.actor)
  }
}
