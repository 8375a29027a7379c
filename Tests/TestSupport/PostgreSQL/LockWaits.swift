public import PostgreSQL

/// Nobody waited for a lock within a minute.
struct NobodyWaited: Error {}

/// Returns when another session of the client's database waits for a lock.
///
/// - Parameter client: connected as the role of the other sessions, or as a superuser.
public func untilSomebodyWaitsForALock(_ client: PostgresClient) async throws {
  let deadline = ContinuousClock.now + .seconds(60)
  let waiting: SQL = """
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
  while try await client.read(waiting).isEmpty {
    guard ContinuousClock.now < deadline else { throw NobodyWaited() }
    try await letOthersRun()
  }
}

extension TemporaryPostgres {
  /// Lets the transaction that `body` runs end in a deadlock: another one takes a lock, waits until somebody waits for it, and then wants
  /// what they hold.
  ///
  /// PostgreSQL ends the transaction of `body`, since the other one looks for deadlocks after a minute only. The other one gets its second
  /// lock when that has been taken back, and so this returns only if it was.
  /// - Parameters:
  ///   - database: its name.
  ///   - first: takes what the transaction of `body` takes last.
  ///   - second: takes what it holds by then.
  public func crossing<Result: Sendable>(
    in database: String, first: SQL, second: SQL, _ body: @Sendable () async throws -> Result
  ) async throws -> Result {
    var configuration = superuser
    configuration.database = database
    let begun = AsyncStream.makeStream(of: Void.self)
    return try await withPostgresClient(configuration) { other in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          defer { begun.continuation.finish() }
          try await other.transaction { transaction in
            try await transaction.query("SET LOCAL deadlock_timeout = '60s'")
            try await transaction.query(first)
            begun.continuation.finish()
            try await untilSomebodyWaitsForALock(other)
            try await transaction.query(second)
          }
        }
        for await _ in begun.stream {}
        let result = try await body()
        try await group.waitForAll()
        return result
      }
    }
  }
}
