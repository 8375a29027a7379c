import Model
import PostgreSQL

/// What goes with an MCP server: its Integrations, its members' Connections and its static token.
struct MCPServerRemoval: Sendable {
  let store: MCPServerStore
  let bound: BoundIntegrations

  /// Takes a server that the caller has locked out of use.
  ///
  /// - Returns: the tasks to try once the change is stored.
  func remove(
    _ id: MCPServerID, by principal: Principal, in transaction: PostgresTransaction
  ) async throws -> [VaultTask] {
    try await store.delete(id, in: principal.organizationId, transaction)
    let revocations = try await bound.remove(of: id, except: nil, by: principal, in: transaction)
    let tasks = [VaultTask.Kind.revokeServer, .destroyStaticToken].map {
      VaultTask(organizationId: principal.organizationId, kind: $0, subject: id.rawValue, actor: principal.actor)
    }
    for task in tasks { try await bound.vaultTasks.store.add(task, delaySeconds: 0, in: transaction) }
    return tasks + revocations
  }
}
