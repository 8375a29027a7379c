import Crypto
import Foundation
import Model
import Sealing
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// Root keys in a Transit secrets engine. What answers here is a stub of it.
@Suite struct TransitTests {
  /// Runs a vault on a stub.
  private func with(
    _ stub: TransitStub, on storage: VaultStorage? = nil, keys: TestServiceKeys? = nil, awaitOpen: Bool = true,
    _ body: @escaping (VaultUnderTest) async throws -> Void
  ) async throws {
    let tokenFile = FileManager.default.temporaryDirectory.path + "/transit-\(UUID().uuidString)"
    #expect(
      FileManager.default.createFile(
        atPath: tokenFile, contents: Data((TransitStub.token + "\n").utf8), attributes: [.posixPermissions: 0o600]))
    defer { try? FileManager.default.removeItem(atPath: tokenFile) }
    let answer: @Sendable (StubService.Request) throws -> StubService.Answer = { try stub.answer($0) }
    try await StubService.with(answer: answer) { server in
      let variables = [
        "LANYARD_KEY_MANAGEMENT": "transit", "LANYARD_TRANSIT_URL": server.url,
        "LANYARD_TRANSIT_TOKEN_FILE": tokenFile, "LANYARD_TRANSIT_NAMESPACE": "agents",
      ]
      try await VaultUnderTest.with(variables, on: storage, keys: keys, awaitOpen: awaitOpen, body)
    }
  }

  @Test func aVaultKeepsItsKeysUnderTransitAndAsksForThemSeldom() async throws {
    let stub = TransitStub()
    try await with(stub) { vault in
      let ada = Person()
      _ = try await ada.connect(vault, tokens: ada.tokens("under-transit"))
      let row = try vault.sql(
        "SELECT root_key_id || ' ' || convert_from(substring(blob FROM 1 FOR 9), 'UTF8') FROM organization_key")
      #expect(row == "lanyard vault:v1:")
      // The key is in memory: Transit may be away.
      stub.seal(true)
      let vaultToken = try await ada.resolve(vault).accessToken?.text
      #expect(vaultToken == "under-transit")
      stub.seal(false)
      try await self.with(stub, on: vault.storage, keys: vault.keys) { second in
        let secondToken = try await ada.resolve(second).accessToken?.text
        #expect(secondToken == "under-transit")
      }
    }
  }

  @Test func anotherKeyLeavesTheVaultSealed() async throws {
    try await with(TransitStub()) { vault in
      let ada = Person()
      _ = try await ada.connect(vault)
      try await self.with(TransitStub(), on: vault.storage, keys: vault.keys, awaitOpen: false) { second in
        for _ in 0..<500 where !second.log.text.contains("is not the one") {
          try await Task.sleep(for: .milliseconds(10))
        }
        #expect(await code { try await ada.resolve(second) } == .sealed)
        #expect(second.log.text.contains("root key lanyard is not the one that the database was written with"))
      }
    }
  }

  @Test func aVaultOpensWhenTransitDoes() async throws {
    let stub = TransitStub()
    stub.seal(true)
    try await with(stub, awaitOpen: false) { vault in
      for _ in 0..<500 where !vault.log.text.contains("key management does not answer") {
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(await code { try await Person().createFlow(vault) } == .sealed)
      stub.seal(false)
      try await vault.opened()
      _ = try await Person().connect(vault)
    }
  }

  @Test func aWrappedKeyOpensInItsOwnPlaceOnly() async throws {
    let stub = TransitStub()
    try await with(stub) { vault in
      let (ada, bob) = (Person(), Person())
      let id = try await ada.connect(vault).id
      _ = try await bob.connect(vault)
      _ = try vault.sql(
        """
        UPDATE organization_key SET blob = (SELECT blob FROM organization_key WHERE organization_id = '\(bob.organization)')
        WHERE organization_id = '\(ada.organization)'
        """)
      try await self.with(stub, on: vault.storage, keys: vault.keys) { second in
        let moved = await code {
          try await ada.resolve(second, ResolveConnection(connectionId: id, waitSeconds: 0)).accessToken
        }
        #expect(moved == .internalError)
      }
    }
  }

  @Test func everyProblemOfTheSettingsIsToldAtOnce() async throws {
    let sources: [String: String] = [
      "LANYARD_KEY_MANAGEMENT": "transit", "LANYARD_TRANSIT_URL": "http://vault.example.com/",
      "LANYARD_TRANSIT_KEY": "a/b",
    ]
    do {
      try await VaultUnderTest.with(sources, awaitOpen: false) { _ in Issue.record("it must not start") }
    } catch let error as ConfigurationError {
      for name in ["LANYARD_TRANSIT_URL", "LANYARD_TRANSIT_TOKEN_FILE", "LANYARD_TRANSIT_KEY"] {
        #expect(error.problems.contains { $0.contains(name) }, "\(name)")
      }
    }
  }
}
