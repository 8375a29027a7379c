import Foundation
import Model
import PostgreSQL
import Sealing
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

@Suite struct SealTests {
  @Test func withAnotherRootKeyTheVaultStaysSealed() async throws {
    let storage = try await VaultStorage.make()
    let ada = Person()
    try await VaultUnderTest.with(on: storage) { vault in _ = try await ada.connect(vault) }
    let rows =
      "SELECT (SELECT count(*) FROM connection), (SELECT count(*) FROM audit_entry), (SELECT count(*) FROM flow)"
    // The same name with other content, and another name.
    for keyId in ["r-test", "r-other"] {
      let wrong = "\(storage.folder)/wrong-\(keyId).json"
      try KeyringFile(path: wrong).create(Keyring.generate(keyId: keyId))
      try await VaultUnderTest.with(["LANYARD_KEYRING_FILE": wrong], on: storage, awaitOpen: false) { vault in
        let before = try vault.sql(rows)
        #expect(await code { try await ada.resolve(vault) } == .sealed)
        #expect(await code { try await ada.createFlow(vault) } == .sealed)
        #expect(await code { try await ada.putSecret("s", vault) } == .sealed)
        let readiness = try await vault.readiness()
        #expect(readiness.status == .notReady)
        #expect(readiness.checks["seal"] == "failed")
        #expect(try vault.sql(rows) == before, "sealed, nothing is written")
      }
    }
    try await VaultUnderTest.with(on: storage) { vault in
      let answer = try await ada.resolve(vault)
      #expect(answer.outcome == .ready)
    }
  }

  @Test func aMissingKeyringSealsAndItsReturnOpens() async throws {
    let storage = try await VaultStorage.make()
    let away = "\(storage.folder)/away.json"
    try FileManager.default.moveItem(atPath: storage.keyring, toPath: away)
    try await VaultUnderTest.with(on: storage, awaitOpen: false) { vault in
      let ada = Person()
      #expect(await code { try await ada.createFlow(vault) } == .sealed)
      #expect(try vault.sql("SELECT count(*) FROM key_canary") == "0")
      try FileManager.default.moveItem(atPath: away, toPath: storage.keyring)
      try await vault.opened()
      #expect(await code { try await ada.createFlow(vault) } == nil)
    }
  }

  @Test func aKeyringThatOthersCanReadIsNotUsed() async throws {
    let storage = try await VaultStorage.make()
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: storage.keyring)
    try await VaultUnderTest.with(on: storage, awaitOpen: false) { vault in
      #expect(await code { try await Person().createFlow(vault) } == .sealed)
    }
  }

  @Test func anUnsafeRoleEndsTheStart() async throws {
    let storage = try await VaultStorage.make()
    let superuser = try TemporaryPostgres.shared().superuserURL
      .replacing("/postgres?", with: "/\(storage.database.name)?")
    _ = try storage.database.server.psql("ALTER ROLE \(storage.database.applicationRole) BYPASSRLS")
    let roles = [
      (storage.database.ownerURL, "owns table"), (superuser, "superuser"),
      (storage.database.applicationURL, "bypasses row-level security"),
    ]
    for (url, word) in roles {
      do {
        try await VaultUnderTest.with(["LANYARD_DATABASE_URL": url], on: storage, awaitOpen: false) { _ in
          Issue.record("the vault started")
        }
      } catch let error as ConfigurationError {
        #expect(error.description.contains(word))
        #expect(!error.description.contains(storage.database.password))
      }
    }
    _ = try storage.database.server.psql(
      """
      ALTER ROLE \(storage.database.applicationRole) NOBYPASSRLS;
      ALTER TABLE connection NO FORCE ROW LEVEL SECURITY;
      """, database: storage.database.name)
    await #expect(throws: ConfigurationError.self) {
      try await VaultUnderTest.with(on: storage, awaitOpen: false) { _ in }
    }
  }

  @Test func aDatabaseWithoutMigrationsIsNotReady() async throws {
    let storage = try await VaultStorage.make()
    _ = try storage.database.server.psql(
      "DELETE FROM schema_migration WHERE version = (SELECT max(version) FROM schema_migration)",
      database: storage.database.name)
    try await VaultUnderTest.with(on: storage, awaitOpen: false) { vault in
      let readiness = try await vault.readiness()
      #expect(readiness.checks["migrations"] == "failed")
    }
  }
}
