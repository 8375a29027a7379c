import Dispatch
import Foundation
import Logging
import Model
import PostgreSQL
import TestSupport

@testable import Audit

/// A database with the audit tables, and clients of the application role.
struct AuditDatabase {
  static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  /// Tests that need no more than chains of their own share one database: making one costs more than most tests.
  private static let shared = Task { try await AuditDatabase() }

  /// Waits that a busy machine does not reach.
  static let patient = {
    var limits = PostgresConfiguration.Limits()
    limits.connect = .seconds(60)
    limits.queue = .seconds(60)
    limits.statement = .seconds(60)
    limits.transactionWait = .seconds(60)
    return limits
  }()

  let database: TemporaryDatabase

  static func common() async throws -> AuditDatabase { try await shared.value }

  init(on server: TemporaryPostgres? = nil) async throws {
    database = try await offPool {
      let database = try (server ?? TemporaryPostgres.shared()).makeDatabase()
      let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      for name in ["audit_schema.sql", "audit_retention.sql"] {
        let script = folder.appendingPathComponent("../../Shared/Audit/\(name)").standardizedFileURL
        let text = try String(contentsOf: script, encoding: .utf8)
        try database.script(text.replacing("vault_app", with: database.applicationRole))
      }
      return database
    }
  }

  /// Changes tables as someone who got past every right: the superuser.
  @discardableResult
  func tamper(_ script: String) async throws -> String {
    try await offPool { try database.server.psql(script, database: database.name) }
  }

  /// Runs a client, and as many writers as asked for, for the length of a closure.
  func withWriters<Result: Sendable>(
    _ count: Int = 1, limits: PostgresConfiguration.Limits = AuditDatabase.patient,
    _ body: @Sendable ([AuditWriter], PostgresClient) async throws -> Result
  ) async throws -> Result {
    var configuration = database.application
    configuration.limits = limits
    return try await withPostgresClient(configuration) { client in
      let writers = (0..<count).map { _ in AuditWriter(client: client, logger: Self.logger) }
      return try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in writers { group.addTask { try await writer.run() } }
        defer { group.cancelAll() }
        return try await body(writers, client)
      }
    }
  }
}

/// Runs blocking work away from the threads that the tests' tasks share.
func offPool<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
  }
}

extension AuditEntry {
  static func example(_ organization: String? = "org_a", _ number: Int = 0) -> AuditEntry {
    AuditEntry(
      organizationId: organization.map { OrganizationID(rawValue: $0) }, action: "connection.token.released",
      actor: Actor(kind: .application, id: "app_1"), userId: UserID(rawValue: "usr_1"), applicationId: "app_1",
      appId: "notes", charmId: "chm_1", caller: .gateway, target: .init(kind: "connection", id: "con_\(number)"),
      grantId: GrantID(rawValue: "grt_1"), requestId: "req_\(number)",
      details: ["number": "\(number)", "reason": "ünïcode \u{1F511}"])
  }
}

extension AuditChain {
  static let example = AuditChain.organization(OrganizationID(rawValue: "org_a"))
}
