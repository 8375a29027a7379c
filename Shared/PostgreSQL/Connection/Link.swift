import CLibPQ
import Glibc

/// One libpq connection in pipeline mode.
///
/// Not `Sendable`: it is made, used and closed by one thread.
final class Link {
  /// Why a connection could not be established, in libpq's words: they name host, user and database, never a password.
  struct Failure: Error {
    var message: String
    var isShutDown = false
    /// The TLS handshake failed: before it nothing secret was sent.
    var isUntrusted = false
  }

  private let handle: OpaquePointer
  private var statements: StatementCache
  // Kept between statements so that sending one allocates nothing.
  private var values: [UnsafePointer<CChar>?] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []

  /// - Parameter handle: an established, non-blocking connection.
  init(_ handle: OpaquePointer, preparedStatements: Int) {
    self.handle = handle
    statements = StatementCache(capacity: preparedStatements)
  }

  deinit { PQfinish(handle) }

  var descriptor: Int32 { PQsocket(handle) }
  var isAlive: Bool { PQstatus(handle) == CONNECTION_OK }
  /// Idle, inside a transaction, or inside a failed one.
  var transactionStatus: PGTransactionStatusType { PQtransactionStatus(handle) }

  // MARK: Sending

  /// The prepared statement for a text, prepared now where needed.
  ///
  /// - Parameters:
  ///   - willPrepare: Called after the statement has been handed over for preparing.
  ///   - willDiscard: Called after the command that gives up another one has been handed over.
  /// - Returns: nil when the connection is gone.
  func statement(
    for sql: SQL, prepared: (PreparedStatement) -> Void, discarded: () -> Void
  ) -> PreparedStatement? {
    let (statement, isNew, evicted) = statements.statement(for: sql)
    guard isNew else { return statement }
    if let evicted {
      guard discard(evicted) else { return nil }
      discarded()
    }
    let types = statement.types.map(\.rawValue)
    guard PQsendPrepare(handle, statement.name, sql.text, Int32(types.count), types) == 1 else { return nil }
    prepared(statement)
    return statement
  }

  /// Forgets a statement that the server does not have.
  func forget(_ statement: PreparedStatement) { statements.remove(statement) }

  /// Hands over the command that frees a statement in the server.
  func discard(_ statement: PreparedStatement) -> Bool {
    PQsendQueryParams(handle, "DEALLOCATE \(statement.name)", 0, nil, nil, nil, nil, 1) == 1
  }

  func send(_ statement: PreparedStatement, _ sql: SQL) -> Bool {
    let parameters = sql.parameters
    values.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    formats.removeAll(keepingCapacity: true)
    return parameters.bytes.withUnsafeBytes { bytes in
      for entry in parameters.entries {
        let start = entry.length < 0 ? nil : bytes.baseAddress?.advanced(by: entry.start)
        values.append(start?.assumingMemoryBound(to: CChar.self))
        lengths.append(Int32(max(0, entry.length)))
        formats.append(entry.isBinary ? 1 : 0)
      }
      // libpq copies the values into its own buffer before it returns. The last argument asks for binary results.
      return PQsendQueryPrepared(handle, statement.name, Int32(values.count), values, lengths, formats, 1) == 1
    }
  }

  /// Ends a unit: what was sent since the last one is one implicit transaction.
  func sync() -> Bool { PQpipelineSync(handle) == 1 }

  enum Flush { case done, more, failed }

  func flush() -> Flush {
    switch PQflush(handle) {
    case 0: .done
    case 1: .more
    default: .failed
    }
  }

  // MARK: Receiving

  /// Reads what has arrived. False when the connection is gone.
  func consumeInput() -> Bool { PQconsumeInput(handle) == 1 }

  /// Whether asking for the next result would block.
  var isBusy: Bool { PQisBusy(handle) == 1 }

  /// The next result, or nil after the last one of a statement. The receiver owns it.
  func nextResult() -> OpaquePointer? { PQgetResult(handle) }

  func notification() -> (channel: String, payload: String)? {
    guard let notify = PQnotifies(handle) else { return nil }
    defer { PQfreemem(notify) }
    return (String(cString: notify.pointee.relname), String(cString: notify.pointee.extra))
  }

  // MARK: Others

  /// Sends text that may hold several statements, by the simple protocol. Only between units.
  func sendScript(_ text: String) -> Bool {
    PQexitPipelineMode(handle) == 1 && PQsendQuery(handle, text) == 1
  }

  func endScript() -> Bool { PQenterPipelineMode(handle) == 1 }

  /// Asks the server to stop the running statement. Only on a connection with one user: it hits whatever runs.
  func cancel() {
    guard let request = PQgetCancel(handle) else { return }
    defer { PQfreeCancel(request) }
    var reason = [CChar](repeating: 0, count: 256)
    // A failure is no harm: the statement's time limit ends it.
    _ = PQcancel(request, &reason, Int32(reason.count))
  }

  enum Readiness { case socket, woken, timeout }

  /// Waits until the socket has something to do, another thread wakes this one, or the time is over.
  func wait(until deadline: Moment?, wake: WakeUp, forWriting: Bool) -> Readiness {
    let timeout = deadline.map { Moment.now.duration(to: $0).pollMilliseconds } ?? -1
    return Self.wait(descriptor, forReading: true, forWriting: forWriting, wake: wake, milliseconds: timeout)
  }

  static func wait(
    _ descriptor: Int32, forReading: Bool, forWriting: Bool, wake: WakeUp, milliseconds: Int32
  ) -> Readiness {
    let events = (forReading ? POLLIN : 0) | (forWriting ? POLLOUT : 0)
    var descriptors = (
      pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: descriptor, events: Int16(events), revents: 0)
    )
    let count = withUnsafeMutableBytes(of: &descriptors) { bytes in
      bytes.withMemoryRebound(to: pollfd.self) { poll($0.baseAddress, 2, milliseconds) }
    }
    guard count > 0 else { return count == 0 ? .timeout : .woken }
    if descriptors.0.revents != 0 { wake.clear() }
    return descriptors.1.revents != 0 ? .socket : .woken
  }
}
