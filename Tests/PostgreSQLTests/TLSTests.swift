import Logging
import PostgreSQL
import Synchronization
import TestSupport
import Testing

/// `sslmode=verify-full` against real servers: what is served, and what is refused before a password is sent.
struct TLSTests {
  private static let host = "localhost"

  @Test func aVerifiedServerServesReadsWritesTransactionsAndNotificationsOverTLS() async throws {
    let authority = try TestAuthority()
    defer { authority.remove() }
    let server = try TemporaryPostgres(certificate: authority.certificate(for: Self.host))
    defer { server.stop() }
    let database = try server.makeDatabase()
    try database.script("CREATE TABLE item (id bigint PRIMARY KEY)")
    let url = """
      postgres://\(database.applicationRole):\(database.password)@\(Self.host):\(server.port)/\(database.name)\
      ?sslmode=verify-full&sslrootcert=\(authority.certificateFile)
      """
    var configuration = try PostgresConfiguration(url: url)
    // Twenty transactions at once on a busy machine: encryption is the subject here, not how soon each gets its turn.
    configuration.limits.transactionWait = .seconds(60)
    try await withPostgresClient(configuration) { (client) async throws -> Void in
      var events = client.notifications(on: "events").makeAsyncIterator()
      #expect(await events.next() == .reconnected)
      #expect(try await wrongRows(client) == 0)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<100 { group.addTask { try await client.write("INSERT INTO item (id) VALUES (\(number))") } }
        for number in 100..<120 {
          group.addTask {
            try await client.transaction { transaction in
              try await transaction.query("INSERT INTO item (id) VALUES (\(number))")
              try await transaction.notify("events", payload: "\(number)")
            }
          }
        }
        try await group.waitForAll()
      }
      var heard: Set<String> = []
      for _ in 100..<120 { if case .message(let payload)? = await events.next() { heard.insert(payload) } }
      #expect(heard == Set((100..<120).map { "\($0)" }))
      #expect(try await client.read("SELECT id FROM item").count == 120)
      try await expectEncryption(client)
    }
  }

  /// Pipelined reads whose answer was somebody else's.
  private func wrongRows(_ client: PostgresClient) async throws -> Int {
    try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<1_000 {
        group.addTask {
          // Longer than one TLS record, so that answers are cut into several.
          let row = try await client.read("SELECT \(number) AS mine, repeat('x', 20000) AS padding").first
          let isMine = try row?.get("mine", as: Int.self) == number
          return try isMine && row?.get("padding", as: String.self).count == 20_000 ? 0 : 1
        }
      }
      return try await group.reduce(0, +)
    }
  }

  /// Every connection of the client is encrypted, as the server sees it.
  private func expectEncryption(_ client: PostgresClient) async throws {
    let rows = try await client.read(
      """
      SELECT s.ssl, coalesce(s.version, '') AS version FROM pg_stat_ssl s JOIN pg_stat_activity a ON a.pid = s.pid
      WHERE a.usename = current_user
      """)
    let encrypted = try rows.filter { try $0.get("ssl", as: Bool.self) }.count
    // One for reads, two for writes, one that listens, and those that had a transaction.
    #expect(encrypted >= 5)
    #expect(encrypted == rows.count)
    let versions = Set(try rows.map { try $0.get("version", as: String.self) })
    #expect(versions.isSubset(of: ["TLSv1.2", "TLSv1.3"]))
    print("figure: \(encrypted) of \(rows.count) connections encrypted, \(versions.sorted().joined(separator: ", "))")
  }

  /// What can be wrong between a client that verifies and its server.
  enum Mistake: String, CaseIterable {
    case wrongAuthority, wrongName, serverWithoutTLS, missingAuthorityFile

    /// What libpq says of it; a hint for whoever reads the log.
    var hint: String {
      switch self {
      case .wrongAuthority: "certificate verify failed"
      case .wrongName: "does not match host name"
      case .serverWithoutTLS: "does not support SSL"
      case .missingAuthorityFile: "does not exist"
      }
    }
  }

  @Test(arguments: Mistake.allCases)
  func aServerThatCannotProveItselfIsRefused(mistake: Mistake) async throws {
    let authority = try TestAuthority()
    let stranger = try TestAuthority()
    defer {
      authority.remove()
      stranger.remove()
    }
    let name = mistake == .wrongName ? "database.example" : Self.host
    let server = try TemporaryPostgres(
      settings: ["log_connections": "on"],
      certificate: mistake == .serverWithoutTLS ? nil : authority.certificate(for: name))
    defer { server.stop() }
    let database = try server.makeDatabase()
    var configuration = database.application
    configuration.address = .tcp(host: Self.host, port: server.port)
    configuration.tls = .verifyFull(
      caFile: mistake == .missingAuthorityFile
        ? "/nowhere/ca.pem" : (mistake == .wrongAuthority ? stranger : authority).certificateFile)
    // How long a statement waits for a connection before it learns why there is none, if an attempt has failed by then.
    configuration.limits.queue = .milliseconds(500)
    let reasons = Reasons()
    let logger = Logger(label: "test") { _ in reasons }
    try await withPostgresClient(configuration, logger: logger) { (client) async throws -> Void in
      try await eventually { await failure { try await client.ping() } == .untrustedServer }
      try await eventually { await failure { try await client.write("SELECT 1") } == .untrustedServer }
      try await eventually {
        await failure { try await client.transaction { try await $0.query("SELECT 1").count } } == .untrustedServer
      }
    }
    #expect(reasons.all.contains { $0.contains(mistake.hint) }, "\(reasons.all)")
    #expect(!reasons.all.joined().contains(database.password))
    let authorized = server.log.split(separator: "\n").filter {
      $0.contains("connection authorized") && $0.contains("user=\(database.applicationRole) ")
    }
    #expect(authorized.isEmpty, "nobody got as far as the password")
    print("figure: \(mistake.rawValue): 3 of 3 kinds of statement refused, connections authorized: \(authorized.count)")
  }

  @Test func aServerThatHasPutItsCertificateRightIsTakenWithoutARestart() async throws {
    let authority = try TestAuthority()
    defer { authority.remove() }
    let server = try TemporaryPostgres(certificate: authority.certificate(for: "database.example"))
    defer { server.stop() }
    let database = try server.makeDatabase()
    var configuration = database.application
    configuration.address = .tcp(host: Self.host, port: server.port)
    configuration.tls = .verifyFull(caFile: authority.certificateFile)
    configuration.limits.queue = .milliseconds(300)
    try await withPostgresClient(configuration) { (client) async throws -> Void in
      try await eventually { await failure { try await client.ping() } == .untrustedServer }
      try server.replaceCertificate(authority.certificate(for: Self.host))
      try await eventually { (try? await client.ping()) != nil }
      #expect(try await client.transaction { try await $0.query("SELECT 1 AS n").count } == 1)
    }
  }
}

/// Keeps why there was no connection.
private final class Reasons: LogHandler {
  private let kept = Mutex<[String]>([])

  var all: [String] { kept.withLock { $0 } }

  func log(event: LogEvent) {
    guard let reason = event.metadata?["reason"] else { return }
    kept.withLock { $0.append("\(reason)") }
  }

  // The client sets none of its own.
  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }
  var logLevel: Logger.Level {
    get { .trace }
    set {}
  }
  subscript(metadataKey _: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }
}
