import CLibPQ

/// What one result says.
enum ResultVerdict {
  case rows
  case aborted
  case sync
  /// The server does not have the prepared statement, or its plan no longer fits the tables. It was not executed;
  /// prepared again it may work.
  case staleStatement(PostgresError)
  case error(PostgresError, endsConnection: Bool)

  init(_ handle: OpaquePointer) {
    switch PQresultStatus(handle) {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY, PGRES_SINGLE_TUPLE: self = .rows
    case PGRES_PIPELINE_ABORTED: self = .aborted
    case PGRES_PIPELINE_SYNC: self = .sync
    case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
      // COPY leaves the connection in a mode that this client does not speak.
      self = .error(.server(ServerFault(state: .featureNotSupported)), endsConnection: true)
    default:
      // FATAL and PANIC mean that the server closes the connection after the message.
      let severity = field(handle, "V") ?? ""
      let endsConnection = severity == "FATAL" || severity == "PANIC"
      let state = field(handle, "C").map { SQLState(rawValue: $0) } ?? .unknown
      if state == .queryCanceled {
        self = .error(.timeout, endsConnection: endsConnection)
        return
      }
      let fault = ServerFault(
        state: state, constraint: field(handle, "n"), table: field(handle, "t"), column: field(handle, "c"),
        message: state.errorClass == "42" ? field(handle, "M") : nil)
      let isStalePlan = state == .featureNotSupported && field(handle, "R") == "RevalidateCachedQuery"
      if state == .invalidStatementName || isStalePlan {
        self = .staleStatement(.server(fault))
        return
      }
      self = .error(.server(fault), endsConnection: endsConnection)
    }
  }
}

/// One field of an error report; the letters are those of the protocol (`PG_DIAG_…` in libpq's `postgres_ext.h`).
private func field(_ handle: OpaquePointer, _ letter: Unicode.Scalar) -> String? {
  PQresultErrorField(handle, Int32(letter.value)).map { String(cString: $0) }
}
