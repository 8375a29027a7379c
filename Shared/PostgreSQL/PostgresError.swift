/// What can go wrong between a caller and its rows.
///
/// No case carries a parameter's value or the server's DETAIL text, so every one may be logged.
public enum PostgresError: Error, Hashable, Sendable {
  /// The server refused the statement.
  case server(ServerFault)
  /// The connection was lost, or there is none. The statement had no effect.
  case connectionLost
  /// There is no connection because the TLS handshake fails: the server offers no TLS, or its certificate is not from the
  /// configured CA or names another host. Nothing was sent, no password either. The log has the reason.
  case untrustedServer
  /// The connection was lost after the write or COMMIT had been handed over: it may or may not have taken effect.
  case outcomeUnknown
  /// No connection for a transaction came free in time.
  case poolTimeout
  /// Too many statements are waiting already.
  case queueFull
  /// The statement took too long: stopped by the server, or never sent because the queue did not move in time.
  case timeout
  /// The column's value is not what the code asked for.
  case decoding(column: String, expected: String, found: String)
  /// The calling task was cancelled. A write that was on its way may have taken effect.
  case cancelled
  /// The client was shut down, or was run before.
  case shutDown
  /// A text parameter contains U+0000 or there are more than 65,535 parameters. Nothing was sent.
  case invalidParameter
  /// The statement would change the session or end the transaction, which is the client's business: `BEGIN`,
  /// `COMMIT`, `SET`, `LISTEN`, `COPY` and their like. Nothing was sent.
  case notAllowed
  /// The transaction was used after its end.
  case transactionEnded

  /// The server's code, where the server spoke.
  public var sqlState: SQLState? {
    if case .server(let fault) = self { fault.state } else { nil }
  }

  /// The name of the violated constraint, where there is one.
  public var constraint: String? {
    if case .server(let fault) = self { fault.constraint } else { nil }
  }

  /// Whether the same transaction may succeed when it is run again: serialization failure or deadlock.
  public var isRetryableConflict: Bool {
    sqlState == .serializationFailure || sqlState == .deadlockDetected
  }
}

/// An error as the server reported it, without anything that could hold data.
public struct ServerFault: Hashable, Sendable {
  public var state: SQLState
  public var constraint: String?
  public var table: String?
  public var column: String?
  /// The server's message, only for errors about the statement itself (class 42: syntax, names, rights): its text
  /// comes from literals. Messages of other classes quote data and are dropped.
  public var message: String?

  public init(
    state: SQLState, constraint: String? = nil, table: String? = nil, column: String? = nil, message: String? = nil
  ) {
    self.state = state
    self.constraint = constraint
    self.table = table
    self.column = column
    self.message = message
  }
}

extension PostgresError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .server(let fault): "database error \(fault)"
    case .connectionLost: "database connection lost"
    case .untrustedServer:
      """
      the database server cannot be trusted: it offers no TLS, or its certificate is not from the configured authority \
      or names another host
      """
    case .outcomeUnknown: "database connection lost while a change was on its way: its outcome is unknown"
    case .poolTimeout: "no database connection came free in time"
    case .queueFull: "too many database statements are waiting"
    case .timeout: "the database statement took too long"
    case .decoding(let column, let expected, let found):
      "database column \(column) holds \(found), expected \(expected)"
    case .cancelled: "the database statement was cancelled"
    case .shutDown: "the database client is shut down"
    case .invalidParameter: "a database parameter cannot be sent"
    case .notAllowed: "the database statement is not allowed here"
    case .transactionEnded: "the database transaction has ended"
    }
  }
}

extension ServerFault: CustomStringConvertible {
  public var description: String {
    var parts = [state.rawValue]
    if let constraint { parts.append("constraint \(constraint)") }
    if let table { parts.append("table \(table)") }
    if let column { parts.append("column \(column)") }
    if let message { parts.append(message) }
    return parts.joined(separator: ", ")
  }
}
