import Synchronization

/// What a transaction may see of others (PostgreSQL's manual, 13.2).
public enum PostgresIsolation: Sendable {
  case readCommitted
  case repeatableRead
  /// May fail with ``SQLState/serializationFailure``: run it again.
  case serializable

  var begin: SQL {
    switch self {
    case .readCommitted: "BEGIN"
    case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
    case .serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE"
    }
  }
}

/// A transaction on a connection of its own, as long as the closure runs that it was given to.
///
/// BEGIN goes to the server together with the first statement, so a transaction without statements costs nothing.
public final class PostgresTransaction: Sendable {
  private enum Phase { case new, open, ended }

  private let lane: TransactionLane
  private let opening: [SQL]
  private let number: UInt64
  private let phase = Mutex(Phase.new)

  init(_ lane: TransactionLane, isolation: PostgresIsolation, context: SessionContext?) {
    self.lane = lane
    number = lane.nextTransaction()
    opening = [isolation.begin] + (context.map { [$0.statement] } ?? [])
  }

  /// Runs one statement. After an error the server refuses every further one until the closure ends.
  @discardableResult
  public func query(_ sql: SQL) async throws -> [PostgresRow] { try await run(sql).rows }

  /// Runs one statement.
  /// - Returns: the number of rows that it inserted, updated, deleted or selected.
  @discardableResult
  public func execute(_ sql: SQL) async throws -> Int { try await run(sql).affectedRows }

  /// Sets what policies read from here on, beside what the transaction began with.
  public func use(_ context: SessionContext) async throws { _ = try await run(context.statement) }

  /// Sends a notification when the transaction commits.
  public func notify(_ channel: NotificationChannel, payload: String = "") async throws {
    _ = try await run("SELECT pg_notify(\(channel.name), \(payload))")
  }

  private func run(_ sql: SQL) async throws -> QueryResult {
    try sql.check(inTransaction: true)
    try enter()
    let results = try await lane.perform(.statement(sql, opening: opening), in: number, isCancellable: true)
    guard let last = results.last else { throw PostgresError.connectionLost }
    return last
  }

  /// Runs text of several statements. The text comes from a migration file, never from a value.
  func runScript(_ text: String) async throws {
    guard phase.withLock({ $0 }) == .open else { throw PostgresError.transactionEnded }
    _ = try await lane.perform(.script(text), in: number, isCancellable: true)
  }

  private func enter() throws {
    try phase.withLock { phase in
      guard phase != .ended else { throw PostgresError.transactionEnded }
      phase = .open
    }
  }

  func commit() async throws {
    guard end() == .open else { return }
    _ = try await lane.perform(.commit, in: number, isCancellable: false)
  }

  /// Ends the transaction without effect, whatever state it is in, and calls back when the connection is clean.
  func rollback(then done: @escaping @Sendable () -> Void) {
    _ = end()
    lane.submit(TransactionLane.Job(work: .rollback, transaction: number, completion: { _ in done() }))
  }

  private func end() -> Phase {
    phase.withLock { phase in
      defer { phase = .ended }
      return phase
    }
  }
}
