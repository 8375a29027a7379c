import Foundation
import Logging
import Model
import PostgreSQL
import Sealing
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

@Suite struct KeyRotationTests {
  private func begin(
    _ person: Person, _ vault: VaultUnderTest, keyring: String? = nil
  ) async throws -> KeyRotationProgress {
    try await withPostgresClient(vault.storage.database.owner) { owner in
      try await KeyRotationOrder(database: owner, logger: Logger(label: "test")).begin(
        person.organization, using: .file(keyring ?? vault.storage.keyring))
    }
  }

  /// Waits until the rotation has ended, without the time that writers have to hear of it.
  private func finished(_ vault: VaultUnderTest) async throws -> KeyRotationProgress {
    for _ in 0..<500 {
      _ = try vault.sql("UPDATE key_rotation SET started_at = now() - interval '1 minute' WHERE pass > 1")
      let all = try await withPostgresClient(vault.storage.database.owner) { owner in
        try await KeyRotationLog(database: owner).latest()
      }
      if let done = all.first, done.state == "finished" { return done }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw ServiceError(.unavailable, "The rotation does not end: \(vault.log.text)")
  }

  /// The key versions in the headers of one column.
  private func versions(_ column: String, of table: String, _ vault: VaultUnderTest) throws -> String {
    try vault.sql(
      "SELECT string_agg(DISTINCT encode(substring(\(column) FROM 4 FOR 4), 'hex'), ',') FROM \(table)")
  }

  @Test func everyKindOfValueIsSealedAgainAndOpens() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.putSecret("client-secret", vault)
      let live = try await ada.connect(vault, tokens: ada.tokens("live", refresh: "live-refresh")).id
      let left = try await ada.connect(vault, account: "left", tokens: ada.tokens("left", refresh: "left-refresh")).id
      _ = try await vault.gateway.call(
        ConnectionEndpoints.revoke, Reference(id: left), grant: try ada.grant([.revoke], vault))
      let flow = try await ada.createFlow(vault).id
      let claim = try await ada.begin(flow, vault, verifier: "kept-verifier")
      let begun = try await begin(ada, vault)
      #expect(begun.targetVersion == 2)
      #expect(begun.total == 4)
      let done = try await finished(vault)
      #expect(done.rewritten == 4)
      #expect(done.unreadable == 0)
      for (column, table) in [
        ("sealed_value", "organization_secret"), ("sealed_tokens", "connection"), ("sealed_tokens", "revocation_task"),
        ("sealed_transaction", "flow"),
      ] { #expect(try versions(column, of: table, vault) == "00000002", "\(table)") }

      #expect(
        try await ada.resolve(vault, ResolveConnection(connectionId: live, waitSeconds: 0)).accessToken?.text == "live")
      let lease = try #require(try await ada.beginRefresh(live, vault).lease)
      #expect(lease.refreshToken?.text == "live-refresh")
      #expect(lease.clientSecret?.text == "client-secret")
      let tasks = try await vault.exchanger.call(
        RevocationEndpoints.claim, ClaimRevocations(limit: 10, waitSeconds: 0))
      #expect(tasks.map { $0.refreshToken?.text } == ["left-refresh"])
      _ = try await vault.exchanger.call(FlowEndpoints.claimAuthorization, claim)
      let released = try await vault.exchanger.call(
        FlowEndpoints.releaseAuthorization, Reference(id: flow), grant: try ada.grant([.authorize], vault, flow: flow))
      #expect(released.transaction.codeVerifier?.text == "kept-verifier")
      #expect(
        try vault.sql("SELECT count(*) FROM audit_entry WHERE action = 'organization.key.rotated'") == "1")
    }
  }

  @Test func aRotationThatRunsIsNotBegunAgain() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.connect(vault)
      let first = try await begin(ada, vault)
      let second = try await begin(ada, vault)
      #expect(second.targetVersion == first.targetVersion)
      #expect(second.startedAt == first.startedAt)
      #expect(try vault.sql("SELECT count(*) FROM organization_key") == "2")
      _ = try await finished(vault)
      #expect(try await begin(ada, vault).targetVersion == 3)
    }
  }

  @Test func aValueThatOpensUnderNoKeyIsToldAndKept() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let broken = try await ada.connect(vault, account: "broken").id.rawValue
      let whole = try await ada.connect(vault, account: "whole").id
      _ = try vault.sql(
        "UPDATE connection SET sealed_tokens = overlay(sealed_tokens PLACING '\\x00'::bytea FROM 120 FOR 1)"
          + " WHERE id = '\(broken)'")
      _ = try await begin(ada, vault)
      let done = try await finished(vault)
      #expect(done.unreadable == 1)
      #expect(done.rewritten == 1)
      let answer = try await ada.resolve(vault, ResolveConnection(connectionId: whole, waitSeconds: 0))
      #expect(answer.outcome == .ready)
      let kept = "SELECT encode(substring(sealed_tokens FROM 4 FOR 4), 'hex') FROM connection WHERE id = '\(broken)'"
      #expect(try vault.sql(kept) == "00000001")
    }
  }

  @Test func ownersBeginOneUnderAGrantAndSeeItByItsId() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let bob = Person()
      _ = try await ada.connect(vault)
      let order = try vault.keys.grant(organizationId: ada.organization, userId: ada.user, purposes: [.rotateKeys])
      let look = try vault.keys.grant(organizationId: ada.organization, userId: ada.user, purposes: [.followKeys])
      let first = try await vault.gateway.call(KeyRotationEndpoints.begin, Empty(), grant: order)
      #expect(first.state == .running)
      #expect(try await vault.gateway.call(KeyRotationEndpoints.begin, Empty(), grant: order).id == first.id)
      _ = try await finished(vault)
      let second = try await vault.gateway.call(KeyRotationEndpoints.begin, Empty(), grant: order)
      #expect(second.keyVersion == first.keyVersion + 1)
      let kept = try await vault.gateway.call(KeyRotationEndpoints.show, Reference(id: first.id), grant: look)
      #expect(kept.state == .finished)
      #expect(kept.rewritten == first.total)
      let page = try await vault.gateway.call(KeyRotationEndpoints.list, PageRequest(limit: 1), grant: look)
      #expect(page.items.map(\.id) == [second.id])
      let rest = try await vault.gateway.call(
        KeyRotationEndpoints.list, PageRequest(limit: 1, cursor: page.nextCursor), grant: look)
      #expect(rest.items.map(\.id) == [first.id])
      #expect(rest.nextCursor == nil)

      let elsewhere = try vault.keys.grant(
        organizationId: bob.organization, userId: bob.user, purposes: [.rotateKeys, .followKeys])
      let foreign = await code {
        try await vault.gateway.call(KeyRotationEndpoints.show, Reference(id: first.id), grant: elsewhere)
      }
      #expect(foreign == .notFound)
      let nothing = await code { try await vault.gateway.call(KeyRotationEndpoints.begin, Empty(), grant: elsewhere) }
      #expect(nothing == .notFound, "without a key there is nothing to rotate")
      let refused = await code { try await vault.gateway.call(KeyRotationEndpoints.begin, Empty(), grant: look) }
      #expect(refused == .grantRefused, "to look on is not to order")
      #expect(
        try vault.sql(
          "SELECT string_agg(actor_kind, ',') FROM audit_entry WHERE action = 'organization.key.rotation.begun'")
          == "member,member")
    }
  }

  @Test func anotherKeyringRotatesNothing() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.connect(vault)
      let other = vault.storage.folder + "/other.json"
      try KeyringFile(path: other).create(Keyring.generate(keyId: "r-test"))
      #expect(await code { try await begin(ada, vault, keyring: other) } == .sealed)
      #expect(try vault.sql("SELECT count(*) FROM organization_key") == "1")
      #expect(await code { try await begin(Person(), vault) } == .notFound, "without a key there is nothing to rotate")
    }
  }

  @Test func everyOrganizationsKeyGoesUnderTheNewRootKey() async throws {
    try await VaultUnderTest.with { vault in
      let people = [Person(), Person(), Person()]
      for person in people { _ = try await person.connect(vault) }
      let keyring = KeyringFile(path: vault.storage.keyring)
      try keyring.update { try $0.addKey(id: "r-next") }
      try keyring.update { try $0.makePrimary("r-next") }
      let source = KeyManagementSource.file(vault.storage.keyring)
      let (done, again, checked) = try await withPostgresClient(vault.storage.database.owner) { owner in
        let work = RootKeyWork(database: owner)
        return (
          try await work.rewrap(using: source), try await work.rewrap(using: source),
          try await work.verify(using: source)
        )
      }
      #expect(done.rewrapped == people.count)
      #expect(again.rewrapped == 0)
      #expect(checked.keys == ["r-next": people.count])
      #expect(checked.unreadable.isEmpty)
      #expect(try vault.sql("SELECT root_key_id FROM key_canary") == "r-next")
      for person in people { #expect(try await person.resolve(vault).outcome == .ready) }
      // Without the old root key a new vault opens, and reads everything.
      try keyring.update { try $0.retire("r-test") }
      try keyring.update { try $0.destroy("r-test") }
      try await VaultUnderTest.with(on: vault.storage, keys: vault.keys) { second in
        for person in people {
          let answer = try await person.resolve(second)
          #expect(answer.outcome == .ready)
        }
      }
    }
  }

  @Test func theServiceMayNotRewrapNorTouchWhatHasEndedNorActForOthers() async throws {
    try await VaultUnderTest.with { vault in
      let (ada, other) = (Person(), OrganizationID.random().rawValue)
      _ = try await ada.connect(vault)
      let context = VaultSchema.context(ada.organization.rawValue)
      try await withPostgresClient(vault.storage.database.application) { service in
        let keys = try await service.read("SELECT version FROM organization_key")
        #expect(keys.isEmpty)
        let refused: [SQL] = [
          "UPDATE key_canary SET root_key_id = 'r-mine'",
          "UPDATE key_rotation_ended SET rewritten = 0",
          "DELETE FROM key_rotation_ended",
          """
          INSERT INTO key_rotation (organization_id, target_version, state, kind, total)
          VALUES (\(other), 2, 'running', 'secrets', 0)
          """,
        ]
        for statement in refused {
          await #expect(throws: PostgresError.self) { try await service.execute(in: context, statement) }
        }
      }
    }
  }
}
