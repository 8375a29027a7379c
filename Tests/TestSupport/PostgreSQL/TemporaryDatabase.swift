import Foundation
public import Logging
public import PostgreSQL

/// A fresh database with the two roles of a service: the owner of its tables, and the application without rights to
/// change them.
public struct TemporaryDatabase: Sendable {
  public let server: TemporaryPostgres
  public let name: String
  public let ownerRole: String
  public let applicationRole: String
  /// Both roles' password. It protects nothing.
  public let password: String
  /// Owns the schema; for migrations.
  public let owner: PostgresConfiguration
  /// Reads and writes rows; owns nothing.
  public let application: PostgresConfiguration
  public let ownerURL: String
  public let applicationURL: String

  /// Removes the database and its roles. Only needed on a server that outlives the tests.
  public func drop() throws {
    try server.psql(
      """
      DROP DATABASE \(name) WITH (FORCE);
      DROP ROLE \(applicationRole);
      DROP ROLE \(ownerRole);
      """)
  }

  /// Runs a script as the owner of the schema.
  public func script(_ text: String) throws {
    try server.psql("SET ROLE \(ownerRole);\n" + text, database: name)
  }
}

extension TemporaryPostgres {
  /// Makes a database that nobody else uses. Takes about 100 ms and blocks the calling thread.
  public func makeDatabase() throws -> TemporaryDatabase {
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    let (name, owner, application) = ("db_\(suffix)", "owner_\(suffix)", "app_\(suffix)")
    let password = String(UInt64.random(in: .min ... .max), radix: 36)
    try psql(
      """
      CREATE ROLE \(owner) LOGIN PASSWORD '\(password)' NOSUPERUSER NOBYPASSRLS;
      CREATE ROLE \(application) LOGIN PASSWORD '\(password)' NOSUPERUSER NOBYPASSRLS;
      GRANT \(owner) TO CURRENT_USER;
      CREATE DATABASE \(name) OWNER \(owner);
      """)
    try psql(
      """
      REVOKE ALL ON SCHEMA public FROM PUBLIC;
      ALTER SCHEMA public OWNER TO \(owner);
      GRANT USAGE ON SCHEMA public TO \(application);
      ALTER DEFAULT PRIVILEGES FOR ROLE \(owner) GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO \(application);
      ALTER DEFAULT PRIVILEGES FOR ROLE \(owner) GRANT USAGE, SELECT ON SEQUENCES TO \(application);
      """, database: name)
    func configuration(_ role: String) -> PostgresConfiguration {
      var result = PostgresConfiguration(
        address: superuser.address, database: name, user: role, password: PostgresPassword(password),
        tls: superuser.tls)
      result.applicationName = "tests"
      // Many tests share a busy machine. A test of a limit sets its own.
      result.limits.statement = .seconds(60)
      result.limits.connect = .seconds(60)
      result.limits.queue = .seconds(60)
      result.limits.transactionWait = .seconds(60)
      return result
    }
    func url(_ role: String) -> String {
      switch superuser.address {
      case .tcp(let host, let port): "postgres://\(role):\(password)@\(host):\(port)/\(name)"
      case .unixSocket(let directory, let port):
        "postgres://\(role):\(password)@/\(name)?host=\(directory)&port=\(port)"
      }
    }
    return TemporaryDatabase(
      server: self, name: name, ownerRole: owner, applicationRole: application, password: password,
      owner: configuration(owner), application: configuration(application), ownerURL: url(owner),
      applicationURL: url(application))
  }
}

/// Runs a client for the length of a closure.
///
/// - Parameter logger: Silent unless given.
public func withPostgresClient<Result: Sendable>(
  _ configuration: PostgresConfiguration, logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
  _ body: @Sendable (PostgresClient) async throws -> Result
) async throws -> Result {
  let client = PostgresClient(configuration: configuration, logger: logger)
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await client.run() }
    defer { group.cancelAll() }
    return try await body(client)
  }
}
