public import Logging
public import ServiceLifecycle
import Synchronization

/// A PostgreSQL database as services use it: pipelined reads and writes, transactions, notifications.
///
/// Nothing blocks a thread of the cooperative pool: each connection belongs to a thread of its own. Statements wait in
/// bounded queues while the server is away. Run the client as a service; it connects when it runs.
///
/// Statements are prepared automatically and kept per connection, by their text.
public final class PostgresClient: Service {
  /// The longest pause after the first lost race: a few transactions' time.
  private static let longestRacePause = Duration.milliseconds(20)

  public let configuration: PostgresConfiguration
  private let logger: Logger
  private let metrics = ClientMetrics()
  private let readLanes: [PipelineLane]
  private let writeLanes: [PipelineLane]
  private let transactionLanes: [TransactionLane]
  private let pool: TransactionPool
  private let listener: NotificationLane
  private let nextRead = Atomic<Int>(0)
  private let nextWrite = Atomic<Int>(0)
  private let wasRun = Atomic<Bool>(false)

  public init(configuration: PostgresConfiguration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
    let metrics = self.metrics
    func lanes(_ kind: PipelineLane.Kind, _ count: Int) -> [PipelineLane] {
      (0..<max(1, count)).map { _ in PipelineLane(kind, configuration, metrics: metrics, logger: logger) }
    }
    readLanes = lanes(.reads, configuration.readConnections)
    writeLanes = lanes(.writes, configuration.writeConnections)
    transactionLanes = (0..<max(1, configuration.transactionConnections)).map { _ in
      TransactionLane(configuration, metrics: metrics, logger: logger)
    }
    pool = TransactionPool(transactionLanes, limits: configuration.limits, metrics: metrics)
    listener = NotificationLane(configuration, metrics: metrics, logger: logger)
  }

  /// Owns the connections until the task is cancelled or the service group shuts down. Runs once.
  ///
  /// On a graceful shutdown queued statements and running transactions are finished first, at most for
  /// ``PostgresConfiguration/Limits/drain``.
  public func run() async throws {
    guard !wasRun.exchange(true, ordering: .relaxed) else { throw PostgresError.shutDown }
    let threads =
      readLanes.map { $0.start() } + writeLanes.map { $0.start() } + transactionLanes.map { $0.start() }
      + [listener.start()]
    // Cancellation ends the wait by an error: then there is no time to drain.
    let isGraceful: Bool
    do {
      try await gracefulShutdown()
      isGraceful = true
    } catch {
      isGraceful = false
    }
    if isGraceful { await pool.close() }
    for lane in readLanes + writeLanes { lane.stop(drain: isGraceful) }
    for lane in transactionLanes { lane.stop(drain: isGraceful) }
    listener.stop()
    for thread in threads { await thread.ended() }
  }

  // MARK: Single statements

  /// Runs a statement that changes nothing.
  ///
  /// It may share one implicit transaction with other reads, and is sent again once after a lost connection. The server
  /// refuses changes, row locks included (``SQLState/readOnlyTransaction``).
  public func read(_ sql: SQL) async throws -> [PostgresRow] {
    try await next(readLanes, nextRead).query(sql, in: nil).rows
  }

  /// Runs a statement that changes nothing, with a setting that row-level-security policies read.
  ///
  /// Only reads with an equal context share its implicit transaction.
  public func read(in context: SessionContext, _ sql: SQL) async throws -> [PostgresRow] {
    try await next(readLanes, nextRead).query(sql, in: context).rows
  }

  /// Runs one statement as a transaction of its own, and returns when it is committed.
  ///
  /// - Throws: ``PostgresError/outcomeUnknown`` when the connection was lost on the way: it may have happened or not.
  @discardableResult
  public func write(_ sql: SQL) async throws -> [PostgresRow] {
    try await next(writeLanes, nextWrite).query(sql, in: nil).rows
  }

  /// Runs one statement as a transaction of its own, with a setting that row-level-security policies read.
  @discardableResult
  public func write(in context: SessionContext, _ sql: SQL) async throws -> [PostgresRow] {
    try await next(writeLanes, nextWrite).query(sql, in: context).rows
  }

  /// As ``write(_:)``.
  /// - Returns: the number of rows inserted, updated or deleted.
  @discardableResult
  public func execute(in context: SessionContext? = nil, _ sql: SQL) async throws -> Int {
    try await next(writeLanes, nextWrite).query(sql, in: context).affectedRows
  }

  /// Returns when the server answers.
  public func ping() async throws { _ = try await read("SELECT 1") }

  private func next(_ lanes: [PipelineLane], _ counter: borrowing Atomic<Int>) -> PipelineLane {
    guard lanes.count > 1 else { return lanes[0] }
    let turn = counter.wrappingAdd(1, ordering: .relaxed).oldValue
    return lanes[Int(UInt(bitPattern: turn) % UInt(lanes.count))]
  }

  // MARK: Transactions

  /// Runs several statements as one transaction.
  ///
  /// Commits when the closure returns, rolls back when it throws or a statement in it failed. Use one statement at a
  /// time, and nothing slow in between: the connection and its locks are held.
  /// - Parameters:
  ///   - context: A setting that row-level-security policies read, set before the first statement.
  ///   - isolation: What the transaction sees of others.
  /// - Throws: What the closure throws; ``PostgresError/poolTimeout`` when no connection came free in time;
  ///   ``PostgresError/outcomeUnknown`` when the connection was lost during COMMIT.
  public nonisolated(nonsending) func transaction<Result>(
    in context: SessionContext? = nil, isolation: PostgresIsolation = .readCommitted,
    _ body: nonisolated(nonsending) (PostgresTransaction) async throws -> Result
  ) async throws -> Result {
    let lane = try await pool.lease()
    let transaction = PostgresTransaction(lane, isolation: isolation, context: context)
    do {
      let result = try await body(transaction)
      try await transaction.commit()
      giveBack(lane, after: transaction)
      return result
    } catch {
      giveBack(lane, after: transaction)
      throw error
    }
  }

  /// Runs a transaction again when the server says that it only lost a race: serialization failure or deadlock. Nothing of the lost attempt
  /// is left in the database, so `body` must do nothing that is left elsewhere.
  ///
  /// - Parameter attempts: How often in all, with a pause between them that grows, by chance: those who met once should not meet again.
  public nonisolated(nonsending) func retryingTransaction<Result>(
    in context: SessionContext? = nil, isolation: PostgresIsolation = .serializable, attempts: Int = 3,
    _ body: nonisolated(nonsending) (PostgresTransaction) async throws -> Result
  ) async throws -> Result {
    for attempt in 1..<max(1, attempts) {
      do {
        return try await transaction(in: context, isolation: isolation, body)
      } catch let error as PostgresError where error.isRetryableConflict {
        try await Task.sleep(for: Self.longestRacePause * Double.random(in: 0...Double(attempt)))
      }
    }
    return try await transaction(in: context, isolation: isolation, body)
  }

  /// The connection goes back when its thread has left it clean. Nobody waits: the caller may have been cancelled.
  private func giveBack(_ lane: TransactionLane, after transaction: PostgresTransaction) {
    let pool = self.pool
    transaction.rollback { pool.release(lane) }
  }

  // MARK: Notifications

  /// What is sent to a channel from now on.
  ///
  /// The first element is ``PostgresNotification/reconnected``, when listening has begun; it comes again whenever
  /// notifications may have been missed. Whoever keeps something by them drops it then. Ends with the client.
  public func notifications(on channel: NotificationChannel) -> AsyncStream<PostgresNotification> {
    listener.subscribe(to: channel)
  }

  /// Sends a notification to everyone who listens.
  ///
  /// - Parameter payload: At most 7,999 bytes; never a secret, every role of the database may listen.
  public func notify(_ channel: NotificationChannel, payload: String = "") async throws {
    try await write("SELECT pg_notify(\(channel.name), \(payload))")
  }
}
