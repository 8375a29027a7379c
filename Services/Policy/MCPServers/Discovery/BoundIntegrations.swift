import Model
import PostgreSQL

/// Integrations that were made for one MCP server: they come with it and go with it.
struct BoundIntegrations: Sendable {
  let store: IntegrationStore
  let vault: Vault
  let vaultTasks: VaultTaskService

  /// Stores the client secret of a new Integration around the change that stores the Integration.
  func storing<Result: Sendable>(
    _ found: FoundAuth?, by principal: Principal,
    _ change: (@Sendable (PostgresTransaction) async throws -> Void) async throws -> Result
  ) async throws -> Result {
    guard let record = found?.integration, let secret = found?.secret else { return try await change { _ in } }
    let orphan = VaultTask(
      organizationId: principal.organizationId, kind: .destroySecret, subject: record.id.rawValue,
      actor: principal.actor)
    return try await vaultTasks.guarding(orphan) {
      try await vault.put(
        secret, expiresAt: record.secretExpiresAt, for: record.id, of: principal.organizationId, actor: principal.actor)
    } change: {
      try await change($0)
    }
  }

  /// Stores the Integration, where one was made. Before its server, which names it.
  func insert(_ found: FoundAuth?, in transaction: PostgresTransaction) async throws {
    if let record = found?.integration { try await store.insert(record, in: transaction) }
  }

  /// Takes every Integration of a server out of use, but one.
  ///
  /// - Returns: the tasks to try once the change is stored.
  func remove(
    of server: MCPServerID, except kept: IntegrationID?, by principal: Principal, in transaction: PostgresTransaction
  ) async throws -> [VaultTask] {
    var revocations: [VaultTask] = []
    for id in try await store.bound(to: server, in: principal.organizationId, transaction) where id != kept {
      revocations.append(try await retire(id, by: principal, in: transaction))
    }
    return revocations
  }

  /// Takes an Integration out of use and has its Connections revoked; its secret is destroyed when that is over.
  ///
  /// - Returns: the task to try once the change is stored.
  func retire(
    _ id: IntegrationID, by principal: Principal, in transaction: PostgresTransaction
  ) async throws -> VaultTask {
    let organization = principal.organizationId
    try await store.markDeleted(id, in: organization, transaction)
    let revocation = VaultTask(
      organizationId: organization, kind: .revokeIntegration, subject: id.rawValue, actor: principal.actor)
    try await vaultTasks.store.add(revocation, delaySeconds: 0, in: transaction)
    try await vaultTasks.store.add(
      VaultTask(organizationId: organization, kind: .destroySecret, subject: id.rawValue, actor: principal.actor),
      delaySeconds: VaultTaskService.revocationSeconds, in: transaction)
    return revocation
  }
}
