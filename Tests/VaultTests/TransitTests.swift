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
    _ more: [String: String] = [:], _ body: @escaping (VaultUnderTest) async throws -> Void
  ) async throws {
    try await stub.serve { server in
      let variables = server.variables.merging(["LANYARD_KEY_MANAGEMENT": "transit"]) { $1 }.merging(more) { $1 }
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

  @Test func whoeverWaitsForTransitHoldsNothingOfTheDatabase() async throws {
    let stub = TransitStub()
    try await with(stub) { vault in
      let (cold, warm) = (Person(), Person())
      for person in [cold, warm] { _ = try await person.putSecret("client-secret", vault) }
      let (due, served) = (try await cold.connect(vault).id, try await warm.connect(vault).id)
      let left = try await cold.connect(vault, account: "left").id
      _ = try await vault.gateway.call(
        ConnectionEndpoints.revoke, Reference(id: left), grant: try cold.grant([.revoke], vault))
      let back = try await cold.createFlow(vault).id
      _ = try await vault.exchanger.call(
        FlowEndpoints.claimAuthorization, try await cold.begin(back, vault, verifier: "kept"))
      let completed = try await cold.released(vault)
      let fresh = ["LANYARD_DATABASE_TRANSACTION_CONNECTIONS": "2", "LANYARD_TRANSIT_TIMEOUT_SECONDS": "30"]
      try await self.with(stub, on: vault.storage, keys: vault.keys, fresh) { second in
        _ = try await warm.resolve(second)
        stub.hold(cold.organization.rawValue)
        async let lease = cold.beginRefresh(due, second)
        async let released = second.exchanger.call(
          FlowEndpoints.releaseAuthorization, Reference(id: back),
          grant: try cold.grant([.authorize], second, flow: back))
        async let tasks = second.exchanger.call(
          RevocationEndpoints.claim, ClaimRevocations(limit: 10, waitSeconds: 0))
        async let stored = cold.putSecret("next-secret", second)
        async let connection = cold.complete(completed, account: "more", cold.tokens(), second)
        async let rotation = second.gateway.call(
          KeyRotationEndpoints.begin, Empty(),
          grant: try second.keys.grant(
            organizationId: cold.organization, userId: cold.user, purposes: [.rotateKeys]))
        #expect(try await comesTrue { stub.held == 6 }, "six calls wait")
        let open =
          "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in tr%'"
        #expect(try await comesTrue { try vault.sql(open) == "0" }, "no transaction is open")
        #expect(try await warm.beginRefresh(served, second).state == .leased)
        #expect(stub.held == 6, "the others still wait")
        stub.letGo()
        #expect(try await lease.lease?.refreshToken?.text == "refresh-1")
        #expect(try await released.transaction.codeVerifier?.text == "kept")
        #expect(try await tasks.map { $0.refreshToken?.text } == ["refresh-1"])
        #expect(try await stored.version == 2)
        #expect(try await connection.status == .active)
        #expect(try await rotation.keyVersion == 2)
      }
    }
  }

  @Test func everyProblemOfTheSettingsIsToldAtOnce() async throws {
    let sources: [String: String] = [
      "LANYARD_KEY_MANAGEMENT": "transit", "LANYARD_TRANSIT_URL": "http://vault.example.com/",
      "LANYARD_TRANSIT_KEY": "a/b", "LANYARD_KEY_MANAGEMENT_ALSO": "transit",
    ]
    do {
      try await VaultUnderTest.with(sources, awaitOpen: false) { _ in Issue.record("it must not start") }
    } catch let error as ConfigurationError {
      for name in [
        "LANYARD_TRANSIT_URL", "LANYARD_TRANSIT_TOKEN_FILE", "LANYARD_TRANSIT_KEY", "LANYARD_KEY_MANAGEMENT_ALSO",
      ] {
        #expect(error.problems.contains { $0.contains(name) }, "\(name)")
      }
    }
  }
}
