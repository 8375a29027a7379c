import FoundationEssentials
import Model
import PostgreSQL

/// The organization's identity provider as its owners set it up.
struct IdentityProviderService: Sendable {
  let store: IdentityProviderStore
  let mutations: Mutations
  let vault: Vault
  let vaultTasks: VaultTaskService
  let rules: IdentityProviderRules
  let publicUrl: String

  /// - Throws: `forbidden` for members, `not_found`.
  func show(by principal: Principal) async throws -> IdentityProvider {
    try await mutations.audit.requireConfiguration(principal, attempt: "identity-provider.show")
    guard let record = try await store.find(in: principal.organizationId) else { throw Self.notFound }
    return record.shown(publicUrl: publicUrl)
  }

  /// Whoever says who is an owner is one: admins may look, no more.
  ///
  /// - Throws: `forbidden`, `step_up_required`.
  func authorizeChange(by principal: Principal) async throws {
    try await mutations.audit.requireConfiguration(principal, attempt: "identity-provider.change")
    guard principal.caller.role == .owner else {
      throw ServiceError(.forbidden, "Only owners of the organization may change its identity provider.")
    }
    try principal.caller.requireStepUp()
  }

  /// Replaces it. People who signed in with another issuer are signed out.
  func put(_ request: PutIdentityProvider, by principal: Principal) async throws -> IdentityProvider {
    try await authorizeChange(by: principal)
    let now = Date()
    let record = IdentityProviderRecord(
      organizationId: principal.organizationId, issuer: request.issuer, clientId: request.clientId,
      secretId: .random(), scopes: try rules.scopes(of: request), mapping: try rules.mapping(of: request),
      createdAt: now, updatedAt: now)
    guard let secret = request.clientSecret else {
      return try await store(record, keepingSecretFor: request, { _ in }, by: principal)
    }
    return try await vaultTasks.guarding(secretTask(record.secretId, principal)) {
      try await vault.put(
        secret, expiresAt: nil, for: record.secretId, of: record.organizationId, actor: principal.actor)
    } change: { settled in
      try await store(record, keepingSecretFor: nil, settled, by: principal)
    }
  }

  /// Takes it away. Everybody who signed in with it is signed out, and its secret is destroyed.
  func delete(by principal: Principal) async throws {
    try await authorizeChange(by: principal)
    let organization = principal.organizationId
    let task = try await mutations.run(by: principal.origin) { transaction in
      guard let old = try await store.lock(in: organization, transaction) else { throw Self.notFound }
      let task = secretTask(old.secretId, principal)
      try await store.delete(in: organization, transaction)
      try await store.endSessions(in: organization, transaction)
      try await vaultTasks.store.add(task, delaySeconds: 0, in: transaction)
      return (task, Self.trace(.identityProviderDeleted, old, endsSessions: true))
    }
    await vaultTasks.attempt(task)
  }

  /// - Parameter request: when the secret that is stored stays; a secret never goes to another client or another issuer.
  private func store(
    _ new: IdentityProviderRecord, keepingSecretFor request: PutIdentityProvider?,
    _ settled: @escaping @Sendable (PostgresTransaction) async throws -> Void, by principal: Principal
  ) async throws -> IdentityProvider {
    let (record, outdated) = try await mutations.run(by: principal.origin) { transaction in
      let old = try await store.lock(in: new.organizationId, transaction)
      var record = new
      record.createdAt = old?.createdAt ?? new.createdAt
      if let request {
        guard let old, old.isSameClient(as: request) else {
          throw MCPServerRules.invalid("clientSecret", "is missing: no secret of this client at this issuer is stored.")
        }
        record.secretId = old.secretId
      }
      try await store.put(record, transaction)
      try await settled(transaction)
      let outdated = old.flatMap { $0.secretId == record.secretId ? nil : secretTask($0.secretId, principal) }
      if let outdated { try await vaultTasks.store.add(outdated, delaySeconds: 0, in: transaction) }
      let endsSessions = old.map { $0.issuer != record.issuer } ?? false
      if endsSessions { try await store.endSessions(in: new.organizationId, transaction) }
      return (
        (record, outdated), Self.trace(.identityProviderChanged, record, endsSessions: endsSessions)
      )
    }
    if let outdated { await vaultTasks.attempt(outdated) }
    return record.shown(publicUrl: publicUrl)
  }

  private func secretTask(_ id: IntegrationID, _ principal: Principal) -> VaultTask {
    VaultTask(
      organizationId: principal.organizationId, kind: .destroySecret, subject: id.rawValue, actor: principal.actor)
  }

  /// Who may become what is on record, not only that something changed.
  private static func trace(
    _ action: PolicyAction, _ record: IdentityProviderRecord, endsSessions: Bool
  ) -> Mutations.Trace {
    let organization = record.organizationId.rawValue
    var details = ["issuer": record.issuer, "clientId": record.clientId]
    details["roleClaim"] = record.mapping.roleClaim
    details["roleMapping"] = record.mapping.roleMapping.map { roles in
      roles.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.rawValue)" }.joined(separator: " ")
    }
    details["linkClaim"] = record.mapping.linkClaim
    details["allowedDomains"] = record.mapping.allowedDomains?.joined(separator: " ")
    return .init(
      [AuditFact(action: action, targetKind: "identity-provider", targetId: organization, details: details)],
      notices: endsSessions ? [ChangeNotice(kind: .organization, subject: organization)] : [])
  }

  private static let notFound = ServiceError(.notFound, "The organization has no identity provider.")
}
