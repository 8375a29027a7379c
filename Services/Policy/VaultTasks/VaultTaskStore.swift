import Model
import PostgreSQL

/// The rows of vault tasks.
struct VaultTaskStore: Sendable {
  let database: PostgresClient

  /// Tasks that one round takes; the next round follows at once when there are more.
  static let roundSize = 20
  /// Seconds after which a claimed task that was not finished comes due again: longer than a call to the vault takes.
  static let claimSeconds = 30

  /// Puts a task on record. An equal task that is there already keeps its time.
  func add(_ task: VaultTask, delaySeconds: Int, in transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      INSERT INTO vault_task (organization_id, kind, subject, actor_kind, actor_id, due_at) \
      VALUES (\(task.organizationId), \(task.kind), \(task.subject), \(task.actor.kind), \(task.actor.id), \
      now() + make_interval(secs => \(delaySeconds)::double precision)) \
      ON CONFLICT (organization_id, kind, subject) DO NOTHING
      """)
  }

  /// Takes a task off the record, inside the transaction that makes it pointless.
  func remove(_ task: VaultTask, in transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      DELETE FROM vault_task WHERE organization_id = \(task.organizationId) AND kind = \(task.kind) \
      AND subject = \(task.subject)
      """)
  }

  /// Takes a finished task off the record.
  func remove(_ task: VaultTask) async throws {
    try await database.write(
      in: .organization(task.organizationId),
      """
      DELETE FROM vault_task WHERE organization_id = \(task.organizationId) AND kind = \(task.kind) \
      AND subject = \(task.subject)
      """)
  }

  /// Takes one task that is on record, for a while. A transaction that is about to remove it is waited for, even one
  /// whose client has lost it.
  ///
  /// - Returns: false when it is not on record.
  func claim(_ task: VaultTask) async throws -> Bool {
    let rows = try await database.write(
      in: .organization(task.organizationId),
      """
      UPDATE vault_task SET attempts = attempts + 1, \
      due_at = now() + make_interval(secs => \(Self.claimSeconds)::double precision) \
      WHERE organization_id = \(task.organizationId) AND kind = \(task.kind) AND subject = \(task.subject) \
      RETURNING subject
      """)
    return !rows.isEmpty
  }

  /// Some tasks that are due, of any organization. They come due again after a while that grows with every attempt,
  /// in case this attempt fails or never ends.
  func claimDue() async throws -> [VaultTask] {
    let rows = try await database.write(
      in: .vaultTasks,
      """
      WITH due AS MATERIALIZED (SELECT organization_id, kind, subject FROM vault_task \
      WHERE due_at <= now() ORDER BY due_at LIMIT \(Self.roundSize) FOR UPDATE SKIP LOCKED) \
      UPDATE vault_task SET attempts = attempts + 1, \
      due_at = now() + make_interval(secs => least(3600, 30 * power(2, least(attempts, 10)))) \
      WHERE (organization_id, kind, subject) IN (SELECT organization_id, kind, subject FROM due) \
      RETURNING organization_id, kind, subject, actor_kind, actor_id
      """)
    return try rows.map { row in
      VaultTask(
        organizationId: try row.id("organization_id"), kind: try row.value("kind"), subject: try row.get("subject"),
        actor: Actor(kind: try row.value("actor_kind"), id: try row.get("actor_id")))
    }
  }
}
