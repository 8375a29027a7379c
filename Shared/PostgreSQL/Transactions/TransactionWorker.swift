import CLibPQ
import Logging

/// The thread that owns one connection for transactions and does one job after the other.
final class TransactionWorker {
  private let lane: TransactionLane
  private let limits: PostgresConfiguration.Limits
  private var link: Link?
  /// Whether BEGIN was sent on this link and neither COMMIT nor ROLLBACK after it.
  private var isOpen = false
  private var wasConnected = false
  /// The transaction that was begun last, on this link or on one that is gone.
  private var begun: UInt64 = 0

  init(_ lane: TransactionLane) {
    self.lane = lane
    limits = lane.configuration.limits
  }

  func run() {
    while let job = lane.nextJob() {
      switch job.work {
      case .statement(let sql, let opening):
        answer(job) { () throws(PostgresError) in
          try self.statement(sql, opening: opening, job)
        }
      case .script(let text):
        answer(job) { () throws(PostgresError) in
          try self.script(text, job)
        }
      case .commit: answer(job) { () throws(PostgresError) in try self.commit(job) }
      case .rollback:
        rollback()
        job.completion(.success([]))
      }
    }
    link = nil
  }

  private func answer(_ job: TransactionLane.Job, _ work: () throws(PostgresError) -> [QueryResult]) {
    do throws(PostgresError) {
      let results = try work()
      lane.metrics.finished(job.created, error: nil)
      job.completion(.success(results))
    } catch {
      lane.metrics.finished(job.created, error: error)
      job.completion(.failure(error))
    }
  }

  // MARK: Jobs

  private func statement(
    _ sql: SQL, opening: [SQL], _ job: TransactionLane.Job
  ) throws(PostgresError) -> [QueryResult] {
    if begun == job.transaction {
      // What came before it is lost with its connection, so it must not run alone on another one.
      guard isOpen, let link else { throw .connectionLost }
      return try exchange([sql], over: link, job)
    }
    begun = job.transaction
    // Nothing has been done yet, and nothing is done before COMMIT: a lost connection may be replaced.
    let deadline = job.created + limits.queue
    var backoff = Backoff(limits)
    while true {
      if job.isAbandoned() { throw .cancelled }
      if lane.isStopping { throw .shutDown }
      let link = try connection(until: deadline, backoff: &backoff, job)
      do throws(PostgresError) {
        isOpen = true
        return try exchange(opening + [sql], over: link, job)
      } catch .connectionLost {
        if .now >= deadline { throw .connectionLost }
        lane.pause(backoff.next())
      }
    }
  }

  private func commit(_ job: TransactionLane.Job) throws(PostgresError) -> [QueryResult] {
    guard begun == job.transaction, isOpen, let link else { throw .connectionLost }
    isOpen = false
    let results: [QueryResult]
    do throws(PostgresError) {
      results = try exchange(["COMMIT"], over: link, job)
    } catch {
      if case .server = error { throw error }
      // Sent and not answered. Closing is all that is left to do here.
      self.link = nil
      throw .outcomeUnknown
    }
    // COMMIT of a failed transaction succeeds, and says ROLLBACK.
    guard results.last?.commandTag == "COMMIT" else {
      throw .server(ServerFault(state: .inFailedTransaction))
    }
    return results
  }

  private func rollback() {
    guard isOpen, let link else { return }
    isOpen = false
    let job = TransactionLane.Job(work: .rollback, transaction: begun, completion: { _ in })
    do throws(PostgresError) {
      _ = try exchange(["ROLLBACK"], over: link, job)
    } catch {
      self.link = nil
    }
  }

  /// Runs text of several statements inside the open transaction.
  private func script(_ text: String, _ job: TransactionLane.Job) throws(PostgresError) -> [QueryResult] {
    guard begun == job.transaction, isOpen, let link else { throw .connectionLost }
    guard link.sendScript(text) else { throw lost() }
    var fault: PostgresError?
    // The time limit of scripts is the server's: a migration may take as long as it needs.
    while let handle = try nextResult(link, deadline: nil, job) {
      defer { PQclear(handle) }
      if case .error(let error, let endsConnection) = ResultVerdict(handle) {
        fault = fault ?? error
        if endsConnection { throw lost() }
      }
    }
    guard link.endScript() else { throw lost() }
    if let fault { throw fault }
    guard link.transactionStatus == PQTRANS_INTRANS else {
      isOpen = false
      throw .notAllowed
    }
    return []
  }

  // MARK: Exchange

  private func connection(
    until deadline: Moment, backoff: inout Backoff, _ job: TransactionLane.Job
  ) throws(PostgresError) -> Link {
    var reason = PostgresError.connectionLost
    while true {
      // A server that closed an idle connection has left the news in the socket.
      if let link, link.consumeInput(), link.isAlive { return link }
      link = nil
      do throws(Link.Failure) {
        let opened = try Link.open(
          lane.configuration, for: .transactions, wake: lane.wake,
          shouldStop: { [lane] in lane.isStopping || job.isAbandoned() || .now >= deadline })
        if wasConnected { lane.metrics.reconnected() }
        wasConnected = true
        link = opened
        return opened
      } catch {
        if lane.isStopping { throw .shutDown }
        if job.isAbandoned() { throw .cancelled }
        if !error.isShutDown {
          reason = error.isUntrusted ? .untrustedServer : .connectionLost
          lane.metrics.connectFailed(error.message, lane.logger)
        }
        if .now >= deadline { throw reason }
        lane.pause(backoff.next())
      }
    }
  }

  private func lost() -> PostgresError {
    link = nil
    isOpen = false
    return .connectionLost
  }

  /// Sends statements as one unit and waits for all their results.
  private func exchange(
    _ statements: [SQL], over link: Link, _ job: TransactionLane.Job
  ) throws(PostgresError) -> [QueryResult] {
    var expected: [(statement: PreparedStatement?, isQuery: Bool)] = []
    for sql in statements {
      let statement = link.statement(
        for: sql, prepared: { expected.append(($0, false)) }, discarded: { expected.append((nil, false)) })
      guard let statement, link.send(statement, sql) else { throw lost() }
      expected.append((statement, true))
    }
    guard link.sync() else { throw lost() }
    var results: [QueryResult] = []
    var fault: PostgresError?
    let deadline = Moment.now + (limits.statement + limits.silence) * statements.count
    for (statement, isQuery) in expected {
      while let handle = try nextResult(link, deadline: deadline, job) {
        switch ResultVerdict(handle) {
        case .rows where isQuery:
          let columns = statement?.columns ?? Columns(handle)
          statement?.columns = columns
          results.append(QueryResult(handle, columns: columns))
          continue
        case .rows, .sync: break
        case .aborted:
          // A statement whose preparing was skipped does not exist in the server.
          if !isQuery, let statement { link.forget(statement) }
        case .staleStatement(let error):
          if let statement { link.forget(statement) }
          fault = fault ?? error
        case .error(let error, let endsConnection):
          if endsConnection || !link.isAlive {
            PQclear(handle)
            throw lost()
          }
          if !isQuery, let statement { link.forget(statement) }
          fault = fault ?? error
        }
        PQclear(handle)
      }
    }
    try awaitSync(link, deadline: deadline, job, &fault)
    if let fault { throw fault }
    return results
  }

  private func awaitSync(
    _ link: Link, deadline: Moment, _ job: TransactionLane.Job, _ fault: inout PostgresError?
  ) throws(PostgresError) {
    for _ in 0..<Self.maximumAnswersAtSync {
      guard let handle = try nextResult(link, deadline: deadline, job) else { continue }
      defer { PQclear(handle) }
      switch ResultVerdict(handle) {
      case .sync: return
      case .error(let error, _): fault = fault ?? error
      case .rows, .aborted, .staleStatement: break
      }
    }
    throw lost()
  }

  /// An error of the commit and a NULL may stand before the Sync.
  private static let maximumAnswersAtSync = 4

  private func nextResult(
    _ link: Link, deadline: Moment?, _ job: TransactionLane.Job
  ) throws(PostgresError) -> OpaquePointer? {
    var hasAskedToCancel = false
    while true {
      let flush = link.flush()
      guard flush != .failed else { throw lost() }
      if flush == .done, !link.isBusy { return link.nextResult() }
      if job.isAbandoned(), !hasAskedToCancel {
        hasAskedToCancel = true
        link.cancel()
      }
      switch link.wait(until: deadline, wake: lane.wake, forWriting: flush == .more) {
      case .socket: guard link.consumeInput() else { throw lost() }
      case .woken:
        if lane.isStoppingNow { throw lost() }
      case .timeout: throw lost()
      }
    }
  }
}
