import Logging
import Metrics
import Synchronization

/// The client's figures. Created once, since creating a metric costs more than a query.
final class ClientMetrics: Sendable {
  private let queries = Counter(label: "postgres_queries_total")
  private let duration = Timer(label: "postgres_query_duration_seconds")
  private let reconnects = Counter(label: "postgres_reconnects_total")
  private let connectFailures = Counter(label: "postgres_connect_failures_total")
  private let waiters = Gauge(label: "postgres_pool_waiters")
  private let errors = Mutex<[String: Counter]>([:])
  private let lastConnectFailure = Mutex("")

  /// One statement is answered.
  func finished(_ created: Moment, error: PostgresError?) {
    queries.increment()
    duration.recordNanoseconds(created.duration(to: .now).nanoseconds)
    if let error { failed(error) }
  }

  func failed(_ error: PostgresError) {
    let label = Self.label(error)
    // Error classes are few, so the dictionary stays small.
    let counter = errors.withLock { counters in
      if let counter = counters[label] { return counter }
      let counter = Counter(label: "postgres_errors_total", dimensions: [("class", label)])
      counters[label] = counter
      return counter
    }
    counter.increment()
  }

  func reconnected() {
    reconnects.increment()
    lastConnectFailure.withLock { $0 = "" }
  }

  /// Logs a reason once, not at every attempt.
  func connectFailed(_ message: String, _ logger: Logger) {
    connectFailures.increment()
    let isNew = lastConnectFailure.withLock { last in
      defer { last = message }
      return last != message
    }
    if isNew { logger.warning("no database connection", metadata: ["reason": "\(message)"]) }
  }

  func waiting(_ count: Int) { waiters.record(count) }

  /// The class of an SQLSTATE, or the name of an error of the client's own.
  private static func label(_ error: PostgresError) -> String {
    switch error {
    case .server(let fault): fault.state.errorClass
    case .connectionLost: "connection_lost"
    case .untrustedServer: "untrusted_server"
    case .outcomeUnknown: "outcome_unknown"
    case .poolTimeout: "pool_timeout"
    case .queueFull: "queue_full"
    case .timeout: "timeout"
    case .decoding: "decoding"
    case .cancelled: "cancelled"
    case .shutDown: "shut_down"
    case .invalidParameter: "invalid_parameter"
    case .notAllowed: "not_allowed"
    case .transactionEnded: "transaction_ended"
    }
  }
}

extension Duration {
  fileprivate var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
