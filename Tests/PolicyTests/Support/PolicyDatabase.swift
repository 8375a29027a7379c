import Foundation
import PolicyKit
import PostgreSQL
import TestSupport

/// A fresh database of the policy service with its real roles and migrations.
struct PolicyDatabase: Sendable {
  let server: TemporaryPostgres
  let name: String
  let owner: PostgresConfiguration
  let application: PostgresConfiguration
  let ownerURL: String
  let applicationURL: String

  /// The roles' password. It protects nothing.
  private static let password = "policy"

  static func make(migrated: Bool = true) async throws -> PolicyDatabase {
    let server = try TemporaryPostgres.shared()
    let name = "policy_\(String(UInt64.random(in: .min ... .max), radix: 36))"
    let roles = ["policy_owner", "policy_app"].map { role in
      """
      DO $$ BEGIN
        CREATE ROLE \(role) LOGIN PASSWORD '\(password)' NOSUPERUSER NOBYPASSRLS;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
      END $$;
      """
    }
    // Two tests that begin at once grant the same: then one of them has done it for both.
    let membership = """
      DO $$ BEGIN
        GRANT policy_owner TO CURRENT_USER;
      EXCEPTION WHEN unique_violation THEN NULL;
      END $$;
      """
    try server.psql(
      (roles + [membership, "CREATE DATABASE \(name) OWNER policy_owner;"]).joined(separator: "\n"))
    try server.psql(
      "REVOKE ALL ON SCHEMA public FROM PUBLIC; ALTER SCHEMA public OWNER TO policy_owner;", database: name)
    let database = PolicyDatabase(server, name)
    if migrated {
      try await withPostgresClient(database.owner) { client in
        _ = try await Migrator.apply(directory: PolicySchema.migrationsDirectory, using: client)
      }
    }
    return database
  }

  private init(_ server: TemporaryPostgres, _ name: String) {
    func configuration(_ role: String) -> PostgresConfiguration {
      PostgresConfiguration(
        address: server.superuser.address, database: name, user: role, password: PostgresPassword(Self.password),
        tls: server.superuser.tls)
    }
    func url(_ role: String) -> String {
      switch server.superuser.address {
      case .tcp(let host, let port): "postgres://\(role):\(Self.password)@\(host):\(port)/\(name)"
      case .unixSocket(let directory, let port):
        "postgres://\(role):\(Self.password)@/\(name)?host=\(directory)&port=\(port)"
      }
    }
    self.server = server
    self.name = name
    owner = configuration("policy_owner")
    application = configuration("policy_app")
    ownerURL = url("policy_owner")
    applicationURL = url("policy_app")
  }

  /// Runs a script as the superuser, whom no fence holds.
  @discardableResult
  func superuser(_ script: String) throws -> String { try server.psql(script, database: name) }

  /// Every row of every table as text.
  func dump() throws -> String {
    let tables = try superuser(
      "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    ).split(separator: "\n")
    return try tables.map {
      "\($0)\n" + (try superuser("COPY (SELECT row_to_json(t) FROM \"\($0)\" t) TO STDOUT"))
    }
    .joined()
  }
}
