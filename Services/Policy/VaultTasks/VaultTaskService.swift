import Logging
import Model
import PostgreSQL

/// Tells the vault what is on record for it.
struct VaultTaskService: Sendable {
  /// Seconds for which a deleted Integration and its secret stay: the vault goes on trying for a day to revoke tokens
  /// at the provider, and the exchanger needs both for that.
  static let revocationSeconds = 90_000
  /// Seconds after which the secret of an Integration or MCP server that never came to be is destroyed: the creating
  /// call has long ended.
  static let orphanSeconds = 600

  let store: VaultTaskStore
  let vault: Vault
  let integrations: IntegrationStore
  let users: UserStore
  let servers: MCPServerStore
  let audit: PolicyAudit
  let logger: Logger

  /// Tries a task at once. When it fails it stays on record for the worker.
  func attempt(_ task: VaultTask) async {
    do {
      try await perform(task)
      try await store.remove(task)
    } catch {
      let code = (error as? any ServiceErrorConvertible)?.serviceError.code.rawValue
      logger.warning(
        "vault task is put off", metadata: ["kind": "\(task.kind)", "error": "\(code ?? "\(type(of: error))")"])
    }
  }

  /// Tries a task at once, unless it has been taken off the record.
  func attemptIfOnRecord(_ task: VaultTask) async {
    do {
      guard try await store.claim(task) else { return }
    } catch {
      // It stays for the worker, who takes only what is on record.
      logger.warning("vault task is put off", metadata: ["kind": "\(task.kind)", "error": "\(type(of: error))"])
      return
    }
    await attempt(task)
  }

  /// Stores a secret around the change that makes it somebody's.
  ///
  /// It goes on record before the secret is stored that it is to be destroyed, and off the record with the change: whatever happens
  /// to the call, no secret stays without its owner.
  /// - Parameters:
  ///   - put: stores the secret.
  ///   - change: stores its owner, and calls what it is given inside its transaction.
  func guarding<Result: Sendable>(
    _ orphan: VaultTask, put: () async throws -> Void,
    change: (@escaping @Sendable (PostgresTransaction) async throws -> Void) async throws -> Result
  ) async throws -> Result {
    try await store.database.transaction(in: .organization(orphan.organizationId)) { transaction in
      try await store.add(orphan, delaySeconds: Self.orphanSeconds, in: transaction)
    }
    do {
      try await put()
      return try await change { [store] in try await store.remove(orphan, in: $0) }
    } catch {
      // The change may be stored although the answer to its commit was lost: then the orphan is off the record.
      await attemptIfOnRecord(orphan)
      throw error
    }
  }

  /// Tries the tasks that are due. Returns whether there may be more.
  func attemptDue() async throws -> Bool {
    let tasks = try await store.claimDue()
    for task in tasks { await attempt(task) }
    return tasks.count == VaultTaskStore.roundSize
  }

  /// Every step can be repeated: the vault finds nothing left to do, and erasing a row that is gone does nothing.
  private func perform(_ task: VaultTask) async throws {
    let organization = task.organizationId
    switch task.kind {
    case .destroySecret:
      let id = IntegrationID(rawValue: task.subject)
      try await vault.deleteSecret(of: id, of: organization, actor: task.actor)
      try await record(.integrationSecretDestroyed, "integration", task)
      try await integrations.erase(id, in: organization)
    case .revokeIntegration:
      try await vault.revoke(
        CreateRevocation(integrationId: IntegrationID(rawValue: task.subject)), of: organization, actor: task.actor)
      try await record(.integrationRevocationStarted, "integration", task)
    case .revokeUser:
      let id = UserID(rawValue: task.subject)
      try await vault.revoke(CreateRevocation(userId: id), of: organization, actor: task.actor)
      try await record(.userRevocationStarted, "user", task)
      try await users.erase(id, in: organization)
    case .destroyStaticToken:
      let id = MCPServerID(rawValue: task.subject)
      // It may have got another token since the task was put on record.
      guard try await servers.find(id, in: organization)?.auth.type != .staticToken else { return }
      try await vault.deleteToken(of: id, of: organization, actor: task.actor)
      try await record(.mcpServerTokenDestroyed, "mcp-server", task)
    case .revokeServer:
      try await vault.revoke(
        CreateRevocation(mcpServerId: MCPServerID(rawValue: task.subject)), of: organization, actor: task.actor)
      try await record(.mcpServerRevocationStarted, "mcp-server", task)
    case .destroyWebhookSecret:
      let id = WebhookID(rawValue: task.subject)
      try await vault.deleteSecret(of: id, of: organization, actor: task.actor)
      try await record(.webhookSecretDestroyed, "webhook", task)
    }
  }

  private func record(_ action: PolicyAction, _ kind: String, _ task: VaultTask) async throws {
    try await audit.record(
      AuditFact(action: action, targetKind: kind, targetId: task.subject),
      by: AuditOrigin(organizationId: task.organizationId, actor: task.actor, service: .policy))
  }
}
