import Foundation
public import PostgreSQL
import Synchronization

/// A real PostgreSQL server in a temporary folder, as an unprivileged user.
///
/// It ends with the process that started it, however that ends: a small shell waits for the end of a pipe, then stops
/// the server and removes the folder.
public final class TemporaryPostgres: Sendable {
  /// The server of this test process, started when first asked for; or the one of `TEST_DATABASE_URL`.
  public static func shared() throws -> TemporaryPostgres {
    try sharedServer.withLock { server in
      if let server { return server }
      let started: TemporaryPostgres
      if let url = ProcessInfo.processInfo.environment["TEST_DATABASE_URL"], !url.isEmpty {
        started = try TemporaryPostgres(external: PostgresConfiguration(url: url), url: url)
      } else {
        started = try TemporaryPostgres()
      }
      server = started
      return started
    }
  }

  private static let sharedServer = Mutex<TemporaryPostgres?>(nil)

  /// The superuser's connection.
  public let superuser: PostgresConfiguration
  /// The same as a URL.
  public let superuserURL: String
  /// The port on 127.0.0.1, where passwords are asked for (scram-sha-256).
  public let port: Int
  private let server: ServerProcess?

  /// How long a server may take to answer after its start; a loaded machine may need most of it.
  private static let startSeconds = 60.0

  /// Starts a server of the caller's own, which it may kill and start again.
  ///
  /// - Parameters:
  ///   - settings: Lines for the server's configuration. `fsync` is off unless set here: nobody needs the data after a
  ///     power failure.
  ///   - certificate: What the server shows on TCP; without one it offers no TLS.
  public init(settings: [String: String] = [:], certificate: ServerCertificate? = nil) throws {
    let server = try ServerProcess(settings: settings, certificate: certificate)
    self.server = server
    port = server.port
    superuser = PostgresConfiguration(
      address: .unixSocket(directory: server.folder, port: server.port), database: "postgres", user: "postgres")
    superuserURL = "postgres://postgres@/postgres?host=\(server.folder)&port=\(server.port)"
    try start()
  }

  private init(external: PostgresConfiguration, url: String) throws {
    server = nil
    superuser = external
    superuserURL = url
    switch external.address {
    case .tcp(_, let port), .unixSocket(_, let port): self.port = port
    }
  }

  /// Starts the server again after ``kill()``, and returns when it answers.
  public func start() throws {
    guard let server else { return }
    let deadline = Date.now.addingTimeInterval(Self.startSeconds)
    while true {
      try server.start()
      // An old process may still hold the data folder; then the new one ends at once and is started again.
      while server.isRunning {
        if (try? psql("SELECT 1")) != nil { return }
        if Date.now > deadline { break }
        usleep(20_000)
      }
      if Date.now > deadline { throw StartFailure(log: server.log) }
      usleep(50_000)
    }
  }

  /// Lets the running server show another certificate to whoever connects from now on.
  public func replaceCertificate(_ certificate: ServerCertificate) throws {
    try server?.install(certificate)
    try psql("SELECT pg_reload_conf()")
  }

  /// What the server has logged; empty for one that was not started here.
  public var log: String { server?.log ?? "" }

  /// Ends the server as a crash does: SIGKILL to its first process and to all of its children.
  public func kill() { server?.kill() }

  /// Stops the server and removes its folder.
  public func stop() { server?.stop() }

  /// Runs a script as the superuser. Blocks the calling thread.
  @discardableResult
  public func psql(_ script: String, database: String? = nil) throws -> String {
    var target = superuserURL
    if let database {
      let query = superuserURL.firstIndex(of: "?").map { String(superuserURL[$0...]) } ?? ""
      let base = superuserURL.prefix { $0 != "?" }
      target = base[...(base.lastIndex(of: "/") ?? base.startIndex)] + database + query
    }
    return try Command.run(
      try PostgresBinaries.psql(), ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", target, "-f", "-"],
      input: script)
  }

  struct StartFailure: Error, CustomStringConvertible {
    var log: String
    var description: String { "PostgreSQL did not start:\n\(log)" }
  }
}
