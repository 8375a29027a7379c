import AsyncHTTPClient
import Foundation
import Logging
import Model
import NIOCore
import PostgreSQL
import Sealing
import ServiceKit
import ServiceTokens
import TestSupport
import Testing

@testable import VaultKit

/// A vault that runs in this process on a database of its own, with clients for those who call it.
struct VaultUnderTest: Sendable {
  let storage: VaultStorage
  let service: RunningService
  let log: RecordedLog
  let gateway: PeerClient
  let exchanger: PeerClient
  let policy: PeerClient

  var keys: TestServiceKeys { service.keys }

  /// Runs a vault while `body` runs, on new storage unless some is given.
  @discardableResult
  static func with<Result>(
    _ variables: [String: String] = [:], on given: VaultStorage? = nil, keys: TestServiceKeys? = nil,
    awaitOpen: Bool = true, _ body: (VaultUnderTest) async throws -> Result
  ) async throws -> Result {
    if let given { return try await run(variables, on: given, keys: keys, awaitOpen: awaitOpen, body) }
    await Places.shared.take()
    do {
      let result = try await run(
        variables, on: try await VaultStorage.make(), keys: keys, awaitOpen: awaitOpen, body)
      await Places.shared.giveBack()
      return result
    } catch {
      await Places.shared.giveBack()
      throw error
    }
  }

  /// Runs two vaults on one new storage, as replicas of one deployment, while `body` runs.
  static func withTwo(_ body: (VaultUnderTest, VaultUnderTest) async throws -> Void) async throws {
    let keys = try TestServiceKeys()
    try await with(keys: keys) { one in
      try await with(on: one.storage, keys: keys) { two in try await body(one, two) }
    }
  }

  private static func run<Result>(
    _ variables: [String: String], on storage: VaultStorage, keys: TestServiceKeys?, awaitOpen: Bool,
    _ body: (VaultUnderTest) async throws -> Result
  ) async throws -> Result {
    let log = RecordedLog()
    let all = storage.variables.merging(variables) { _, given in given }
    return try await RunningService.with(VaultApplication.self, keys: keys, variables: all, log: log) { service in
      let vault = VaultUnderTest(
        storage: storage, service: service, log: log, gateway: service.client(as: .gateway),
        exchanger: service.client(as: .exchanger), policy: service.client(as: .policy))
      if awaitOpen { try await vault.opened() }
      return try await body(vault)
    }
  }

  /// Waits until the vault is ready, asking as a load balancer does.
  func opened() async throws {
    if try await !comesTrue({ try await readiness().status == .ready }) {
      Issue.record("the vault did not open: \(log.text)")
    }
  }

  func readiness() async throws -> Health.Report {
    let response = try await service.http.get(url: "\(service.url)/readyz").get()
    return try WireJSON.decode(Health.Report.self, from: Data(response.body.map { Array($0.readableBytesView) } ?? []))
  }

  /// Queries the database as its superuser, past every fence.
  func sql(_ text: String) throws -> String {
    try storage.database.server.psql(text, database: storage.database.name)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// What a vault keeps: a database with its schema, and a keyring.
struct VaultStorage: Sendable {
  let database: TemporaryDatabase
  let folder: String

  var keyring: String { "\(folder)/keyring.json" }
  var journalKey: String { "\(folder)/journal.key" }

  var variables: [String: String] {
    [
      "LANYARD_DATABASE_URL": database.applicationURL, "LANYARD_KEYRING_FILE": keyring,
      "LANYARD_DATABASE_REQUIRE_FSYNC": "false", "LANYARD_JOURNAL_KEY_FILE": journalKey,
      "LANYARD_REFRESH_FORCED_MINIMUM_SECONDS": "0",
    ]
  }

  static func make() async throws -> VaultStorage {
    let database = try TemporaryPostgres.shared().makeDatabase()
    // The rights that the migrations give to vault_app are the only ones that count here.
    try database.server.psql(
      """
      DO $$ BEGIN CREATE ROLE vault_app; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
      GRANT vault_app TO \(database.applicationRole);
      ALTER DEFAULT PRIVILEGES FOR ROLE \(database.ownerRole) IN SCHEMA public
        REVOKE ALL ON TABLES FROM \(database.applicationRole);
      ALTER DEFAULT PRIVILEGES FOR ROLE \(database.ownerRole) REVOKE ALL ON TABLES FROM \(database.applicationRole);
      """, database: database.name)
    try await withPostgresClient(database.owner) { owner in
      _ = try await Migrator.apply(directory: VaultSchema.migrationsDirectory, using: owner)
    }
    let folder = FileManager.default.temporaryDirectory.path + "/vault-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let storage = VaultStorage(database: database, folder: folder)
    try KeyringFile(path: storage.keyring).create(Keyring.generate(keyId: "r-test"))
    try JournalKeyPair.generate().write(storage.journalKey)
    return storage
  }
}

/// The code of the problem that a call ends with; nil when it succeeds.
func code(of call: () async throws -> some Any) async -> ErrorCode? {
  do {
    _ = try await call()
    return nil
  } catch let error as ServiceError {
    // A refusal of the calling service itself reaches its callers as an internal error; here the refusal is meant.
    return (error.cause as? ServiceError)?.code ?? error.code
  } catch {
    Issue.record("not a service error: \(type(of: error))")
    return nil
  }
}
