import CLibPQ
import Glibc

/// What a connection is for; decides its session settings.
enum LinkPurpose {
  /// The server refuses changes, which is why a read may be sent again after a lost connection.
  case reads
  case writes
  case transactions
  case notifications

  fileprivate func options(_ limits: PostgresConfiguration.Limits) -> String {
    var options = "-c statement_timeout=\(limits.statement.pollMilliseconds)"
    switch self {
    case .reads: options += " -c default_transaction_read_only=on"
    case .transactions:
      options += " -c idle_in_transaction_session_timeout=\(limits.idleInTransaction.pollMilliseconds)"
    case .writes, .notifications: break
    }
    return options
  }
}

extension Link {
  /// How often a thread that is connecting looks up to see whether it should stop.
  private static let lookUpMilliseconds: Int32 = 100

  /// Connects and authenticates.
  ///
  /// - Parameters:
  ///   - wake: Ends a wait early.
  ///   - shouldStop: Asked at least every 100 ms.
  static func open(
    _ configuration: PostgresConfiguration, for purpose: LinkPurpose, wake: WakeUp, shouldStop: () -> Bool
  ) throws(Failure) -> Link {
    guard let handle = start(configuration, for: purpose) else { throw Failure(message: "out of memory") }
    do throws(Failure) {
      try establish(handle, until: .now + configuration.limits.connect, wake: wake, shouldStop: shouldStop)
    } catch {
      PQfinish(handle)
      throw error
    }
    // Without this libpq prints notices to standard error, and notices quote data.
    PQsetNoticeReceiver(handle, { _, _ in }, nil)
    let link = Link(handle, preparedStatements: configuration.limits.preparedStatements)
    guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
      throw Failure(message: "no pipeline mode")
    }
    return link
  }

  private static func establish(
    _ handle: OpaquePointer, until deadline: Moment, wake: WakeUp, shouldStop: () -> Bool
  ) throws(Failure) {
    guard PQstatus(handle) != CONNECTION_BAD else { throw failure(handle) }
    var step = PGRES_POLLING_WRITING
    // What libpq was about before a step: the state in which it failed is not kept.
    var wasHandshaking = false
    while true {
      switch step {
      case PGRES_POLLING_OK: return
      case PGRES_POLLING_FAILED: throw failure(handle, isUntrusted: wasHandshaking)
      default: break
      }
      if shouldStop() { throw Failure(message: "stopping", isShutDown: true) }
      if .now >= deadline { throw Failure(message: "no connection within the time limit") }
      // A wake-up concerns the caller's queue, not the socket: only a ready socket moves the connection on.
      let ready = wait(
        PQsocket(handle), forReading: step == PGRES_POLLING_READING, forWriting: step == PGRES_POLLING_WRITING,
        wake: wake, milliseconds: lookUpMilliseconds)
      if ready == .socket {
        wasHandshaking = PQstatus(handle) == CONNECTION_SSL_STARTUP
        step = PQconnectPoll(handle)
      }
    }
  }

  private static func failure(_ handle: OpaquePointer, isUntrusted: Bool = false) -> Failure {
    let message = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
    return Failure(
      message: message.split(whereSeparator: \.isNewline).joined(separator: " "), isUntrusted: isUntrusted)
  }

  private static func start(_ configuration: PostgresConfiguration, for purpose: LinkPurpose) -> OpaquePointer? {
    var keywords: [(String, String)] = [
      ("dbname", configuration.database), ("user", configuration.user),
      ("application_name", configuration.applicationName), ("client_encoding", "UTF8"), ("gssencmode", "disable"),
      ("options", purpose.options(configuration.limits)),
    ]
    switch configuration.address {
    case .tcp(let host, let port):
      keywords += [("host", host), ("port", "\(port)")]
      // A peer that died silently is noticed by the kernel in about the time of two missed signs of life.
      let seconds = max(1, Int(configuration.limits.heartbeat.components.seconds))
      keywords += [
        ("keepalives", "1"), ("keepalives_idle", "\(seconds)"), ("keepalives_interval", "\(max(1, seconds / 3))"),
        ("keepalives_count", "3"), ("tcp_user_timeout", "\(seconds * 2 * 1_000)"),
      ]
      switch configuration.tls {
      case .disable: keywords.append(("sslmode", "disable"))
      case .verifyFull(let file): keywords += [("sslmode", "verify-full"), ("sslrootcert", file)]
      }
    case .unixSocket(let directory, let port):
      keywords += [("host", directory), ("port", "\(port)"), ("sslmode", "disable")]
    }
    guard let password = configuration.password else { return start(keywords) }
    return password.expose { start(keywords + [("password", $0)]) }
  }

  private static func start(_ keywords: [(String, String)]) -> OpaquePointer? {
    var names: [UnsafeMutablePointer<CChar>?] = keywords.map { strdup($0.0) }
    var values: [UnsafeMutablePointer<CChar>?] = keywords.map { strdup($0.1) }
    defer {
      for pointer in names { free(pointer) }
      for pointer in values {
        // The copy of the password must not stay in freed memory.
        if let pointer { explicit_bzero(pointer, strlen(pointer)) }
        free(pointer)
      }
    }
    names.append(nil)
    values.append(nil)
    return names.withUnsafeBufferPointer { names in
      values.withUnsafeBufferPointer { values in
        names.withMemoryRebound(to: UnsafePointer<CChar>?.self) { names in
          values.withMemoryRebound(to: UnsafePointer<CChar>?.self) { values in
            // 0: the database name is a name, never a connection string.
            PQconnectStartParams(names.baseAddress, values.baseAddress, 0)
          }
        }
      }
    }
  }
}
