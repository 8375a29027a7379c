import Foundation
import Model
import Sealing
import TestSupport
import Testing

@testable import VaultKit

/// Organizations' keys move between a keyring and Transit. What answers for Transit is a stub of it.
@Suite struct RootKeyMoveTests {
  private static let fromKeyring = ["LANYARD_KEY_MANAGEMENT": "transit", "LANYARD_KEY_MANAGEMENT_ALSO": "file"]

  private func move(
    to primary: KeyManagementSource.Kind, _ storage: VaultStorage, _ server: TransitStub.Server
  ) async throws -> RootKeyWork.Report {
    let source = try KeyManagementSource.both(keyringFile: storage.keyring, server.place, primary: primary)
    do {
      let report = try await withPostgresClient(storage.database.owner) { owner in
        try await RootKeyWork(database: owner).move(using: source)
      }
      await source.close()
      return report
    } catch {
      await source.close()
      throw error
    }
  }

  private func serves(_ people: [Person], _ vault: VaultUnderTest) async throws {
    for person in people { #expect(try await person.resolve(vault).outcome == .ready) }
  }

  /// How many organizations' keys are under Transit.
  private func moved(_ vault: VaultUnderTest) throws -> String {
    try vault.sql("SELECT count(*) FROM organization_key WHERE substring(blob FROM 1 FOR 6) = 'vault:'::bytea")
  }

  @Test func theyMoveToTransitAndBackAlsoWhereBothRootKeysHaveOneName() async throws {
    let stub = TransitStub()
    let storage = try await VaultStorage.make()
    try KeyringFile(path: storage.keyring).update {
      try $0.addKey(id: "lanyard")
      try $0.makePrimary("lanyard")
    }
    try await stub.serve { server in
      try await VaultUnderTest.with(on: storage) { old in
        let people = [Person(), Person(), Person()]
        for person in people { _ = try await person.connect(old) }
        let late = Person()
        let both = server.variables.merging(Self.fromKeyring) { $1 }
        try await VaultUnderTest.with(both, on: storage, keys: old.keys) { vault in
          _ = try await late.connect(vault)
          #expect(try moved(vault) == "1", "new keys are wrapped in the new place")
          try await serves(people, vault)
        }
        let done = try await move(to: .transit, storage, server)
        #expect(done == RootKeyWork.Report(primary: "lanyard", keys: ["lanyard": 4], rewrapped: 3, unreadable: []))
        #expect(try moved(old) == "4")
        #expect(try await people[0].resolve(old).outcome == .ready, "a vault that runs goes on")

        let alone = server.variables.merging(["LANYARD_KEY_MANAGEMENT": "transit"]) { $1 }
        try await VaultUnderTest.with(alone, on: storage, keys: old.keys) { vault in
          try await serves(people + [late], vault)
        }
        #expect(try await move(to: .file, storage, server).rewrapped == 4)
        #expect(try await move(to: .file, storage, server).rewrapped == 0)
        stub.seal(true)
        try await VaultUnderTest.with(on: storage, keys: old.keys) { vault in
          try await serves(people + [late], vault)
        }
      }
    }
  }

  @Test func aMoveThatIsStoppedIsTakenUpAgainAndNoTwoRunAtOnce() async throws {
    let stub = TransitStub()
    try await stub.serve { server in
      try await VaultUnderTest.with { vault in
        let people = [Person(), Person(), Person(), Person()]
        for person in people { _ = try await person.connect(vault) }
        // Two for each key: wrapped, and opened before it takes the old one's place.
        stub.hold("org_", after: 4)
        let first = Task { try await move(to: .transit, vault.storage, server) }
        #expect(try await comesTrue { stub.held == 1 })
        #expect(await code { try await move(to: .file, vault.storage, server) } == .conflict)
        first.cancel()
        await #expect(throws: (any Error).self) { try await first.value }
        stub.letGo()
        #expect(try moved(vault) == "2")
        let both = server.variables.merging(Self.fromKeyring) { $1 }
        try await VaultUnderTest.with(both, on: vault.storage, keys: vault.keys) { second in
          try await serves(people, second)
        }
        let done = try await move(to: .transit, vault.storage, server)
        #expect(done.rewrapped == 2)
        #expect(done.keys == ["lanyard": 4])
      }
    }
  }

  @Test func whatAVaultPutsUnderTheOldPlaceIsTold() async throws {
    let stub = TransitStub()
    try await stub.serve { server in
      try await VaultUnderTest.with { vault in
        let ada = Person()
        _ = try await ada.connect(vault)
        _ = try await move(to: .transit, vault.storage, server)
        // Its settings were not changed.
        let late = Person()
        _ = try await late.connect(vault)
        let checked = try await withPostgresClient(vault.storage.database.owner) { owner in
          let source = try KeyManagementSource.transit(server.place)
          let report = try await RootKeyWork(database: owner).verify(using: source)
          await source.close()
          return report
        }
        #expect(checked.keys == ["lanyard": 1])
        #expect(checked.unreadable == ["\(late.organization.rawValue) version 1"])
        #expect(try await move(to: .transit, vault.storage, server).rewrapped == 1)
      }
    }
  }

  @Test func aVaultWithTwoPlacesOpensWhenBothWork() async throws {
    let stub = TransitStub()
    try await stub.serve { server in
      stub.seal(true)
      let variables = server.variables.merging(["LANYARD_KEY_MANAGEMENT_ALSO": "transit"]) { $1 }
      try await VaultUnderTest.with(variables, awaitOpen: false) { vault in
        #expect(try await comesTrue { vault.log.text.contains("key management does not answer") })
        #expect(await code { try await Person().createFlow(vault) } == .sealed)
        stub.seal(false)
        try await vault.opened()
        _ = try await Person().connect(vault)
        #expect(try moved(vault) == "0", "the keyring wraps")
      }
    }
  }
}
