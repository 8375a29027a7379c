import Foundation
import Logging
import Model
import PostgreSQL
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

@Suite struct ShreddingTests {
  private func shred(
    _ organization: OrganizationID, _ vault: VaultUnderTest, leavingAlive: Bool = true
  ) async throws -> OrganizationShredder.Report {
    try await withShredder(vault) { try await $0.shred(organization, leavingAlive: leavingAlive) }
  }

  private func withShredder<Result: Sendable>(
    _ vault: VaultUnderTest, _ body: @Sendable (OrganizationShredder) async throws -> Result
  ) async throws -> Result {
    try await withPostgresClient(vault.storage.database.owner) { owner in
      try await body(OrganizationShredder(database: owner, logger: Logger(label: "test")))
    }
  }

  /// Past every fence.
  private func withSuperuser<Result: Sendable>(
    _ vault: VaultUnderTest, _ body: @Sendable (PostgresClient) async throws -> Result
  ) async throws -> Result {
    var configuration = vault.storage.database.server.superuser
    configuration.database = vault.storage.database.name
    return try await withPostgresClient(configuration, body)
  }

  /// Every kind of sealed value.
  private func fill(_ person: Person, _ vault: VaultUnderTest) async throws -> ConnectionID {
    _ = try await person.putSecret("client-secret", vault)
    let live = try await person.connect(vault, tokens: person.tokens("live", refresh: "live-refresh")).id
    let left = try await person.connect(vault, account: "left", tokens: person.tokens("left", refresh: "left-refresh"))
      .id
    _ = try await vault.gateway.call(
      ConnectionEndpoints.revoke, Reference(id: left), grant: try person.grant([.revoke], vault))
    _ = try await person.begin(try await person.createFlow(vault).id, vault, verifier: "verifier")
    return live
  }

  @Test func nothingOfAShreddedOrganizationOpensAndItsNeighbourIsUntouched() async throws {
    try await VaultUnderTest.with { vault in
      let (ada, bob) = (Person(), Person())
      let lost = try await fill(ada, vault)
      let kept = try await fill(bob, vault)
      // What somebody has put aside: a backup of the values.
      _ = try vault.sql(
        """
        CREATE TABLE aside AS
        SELECT id, sealed_tokens FROM connection WHERE organization_id = '\(ada.organization)' AND id = '\(lost)'
        """)
      let report = try await shred(ada.organization, vault)
      #expect(report == .init(keys: 1, alive: .init(connections: 1, revocations: 1), unproven: .init(leftAlive: 2)))
      let left = try vault.sql(
        """
        SELECT (SELECT count(*) FROM organization_key WHERE organization_id = o)
          + (SELECT count(*) FROM organization_secret WHERE organization_id = o)
          + (SELECT count(sealed_tokens) FROM connection WHERE organization_id = o)
          + (SELECT count(sealed_tokens) FROM revocation_task WHERE organization_id = o)
          + (SELECT count(sealed_transaction) FROM flow WHERE organization_id = o)
          + (SELECT count(*) FROM due_refresh WHERE organization_id = o)
        FROM (VALUES ('\(ada.organization)')) AS one (o)
        """)
      #expect(left == "0")

      // Put back, it opens under nothing: neither for a vault that starts now, nor for one whose memory of the key has ended.
      _ = try vault.sql(
        """
        UPDATE connection SET status = 'active', reason = NULL, sealed_tokens = aside.sealed_tokens FROM aside
        WHERE connection.id = aside.id
        """)
      try await VaultUnderTest.with(on: vault.storage, keys: vault.keys) { second in
        let read = await code {
          try await ada.resolve(second, ResolveConnection(connectionId: lost, waitSeconds: 0)).accessToken
        }
        #expect(read == .internalError)
        let written = await code { try await ada.putSecret("another", second) }
        #expect(written == .notFound, "no new key is made")
        let answer = try await bob.resolve(second, ResolveConnection(connectionId: kept, waitSeconds: 0))
        #expect(answer.accessToken?.text == "live")
        _ = try await bob.putSecret("another", second)
      }
      #expect(
        try vault.sql("SELECT count(*) FROM organization_key WHERE organization_id = '\(ada.organization)'") == "0")
    }
  }

  @Test func aKeyThatIsBeingMadeMeanwhileIsRefused() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let report = try await shred(ada.organization, vault)
      #expect(report.keys == 0)
      let insert = """
        SET ROLE \(vault.storage.database.applicationRole);
        SELECT 'x' FROM set_config('lanyard.organization', '\(ada.organization)', false) LIMIT 0;
        INSERT INTO organization_key (organization_id, version, root_key_id, blob) VALUES ('\(ada.organization)', 1, 'r', '');
        """
      #expect(throws: (any Error).self) { try vault.sql(insert) }
      let forget = """
        SET ROLE \(vault.storage.database.applicationRole);
        SELECT 'x' FROM set_config('lanyard.organization', '\(ada.organization)', false) LIMIT 0;
        DELETE FROM shredded_organization;
        """
      #expect(throws: (any Error).self) { try vault.sql(forget) }
      #expect(await code { try await ada.connect(vault) } == .notFound)
    }
  }

  /// The exchanger may be at the provider with its code: what it comes back with is refused, and revoked there.
  @Test func flowsThatAreOnTheirWayEnd() async throws {
    try await VaultUnderTest.with { vault in
      let (ada, bob) = (Person(), Person())
      for person in [ada, bob] { _ = try await person.putSecret("client-secret", vault) }
      let (lost, kept) = (try await ada.released(vault), try await bob.released(vault))
      let waiting = try await ada.createFlow(vault).id
      _ = try await shred(ada.organization, vault)
      let ended = try vault.sql(
        """
        SELECT count(*) FROM flow WHERE organization_id = '\(ada.organization)' AND id IN ('\(lost)', '\(waiting)')
          AND status = 'failed' AND failure_code = '\(ErrorCode.flowExpired.rawValue)' AND ended_at IS NOT NULL
        """)
      #expect(ended == "2")
      #expect(await code { try await ada.complete(lost, account: "ada", ada.tokens(), vault) } != nil)
      #expect(try vault.sql("SELECT count(*) FROM connection WHERE organization_id = '\(ada.organization)'") == "0")
      #expect(try await bob.complete(kept, account: "bob", bob.tokens(), vault).status == .active)
    }
  }

  @Test func itIsInTheOrganizationsTrailWithWhatWasLeft() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await fill(ada, vault)
      _ = try await shred(ada.organization, vault)
      let again = try await shred(ada.organization, vault)
      #expect(again.keys == 0 && again.alive.isNothing)
      let rows = try vault.sql(
        """
        SELECT string_agg(concat_ws(' ', actor_kind, details ->> 'keys', details ->> 'connections', details ->> 'unproven'),
          ',' ORDER BY seq)
        FROM audit_entry WHERE organization_id = '\(ada.organization)' AND action = 'organization.keys.shredded'
        """)
      #expect(
        rows == "operatorCommand 1 1 2,operatorCommand 0 0 2", "what the first left is still said by the second")
    }
  }

  @Test func aGrantThatWasKeptForOthersIsUnprovenUntilOneOfThemIsRevoked() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await fill(ada, vault)
      let ended = "sealed_tokens = NULL, finished_at = now()"
      _ = try vault.sql("UPDATE revocation_task SET state = 'sharedGrantKept', \(ended)")
      #expect(try await shred(ada.organization, vault).unproven == .init(leftAlive: 1, sharedGrantKept: 1))
      _ = try vault.sql(
        """
        INSERT INTO revocation_task (organization_id, connection_id, revocation_id, integration_id, provider_account_id,
          metadata, token_generation, state, finished_at)
        SELECT organization_id, connection_id || 'x', revocation_id, integration_id, provider_account_id, metadata,
          token_generation, 'revoked', now() FROM revocation_task
        """)
      #expect(try await shred(ada.organization, vault).unproven == .init(leftAlive: 1))
    }
  }

  @Test func whereSomethingLivesNothingIsDestroyedUnlessItMayBeLeft() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let live = try await fill(ada, vault)
      await #expect(throws: OrganizationShredder.StillAlive(alive: .init(connections: 1, revocations: 1))) {
        _ = try await shred(ada.organization, vault, leavingAlive: false)
      }
      let answer = try await ada.resolve(vault, ResolveConnection(connectionId: live, waitSeconds: 0))
      #expect(answer.accessToken?.text == "live")
      #expect(
        try vault.sql("SELECT count(*) FROM flow WHERE status = 'pending' AND organization_id = '\(ada.organization)'")
          == "1", "and no authorization was ended")
      #expect(try await shred(ada.organization, vault).alive == .init(connections: 1, revocations: 1))
    }
  }

  /// A completion holds its flow while it stores the Connection.
  @Test func aConnectionThatIsBeingStoredMeanwhileIsCounted() async throws {
    try await VaultUnderTest.with { vault in
      let (ada, bob) = (Person(), Person())
      _ = try await ada.putSecret("client-secret", vault)
      let flow = try await ada.released(vault)
      let model = try await bob.connect(vault).id
      try await withSuperuser(vault) { superuser in
        let shredding = try await superuser.transaction { completion in
          try await completion.query("SELECT FROM flow WHERE id = \(flow.rawValue) FOR UPDATE")
          let shredding = Task { try await shred(ada.organization, vault, leavingAlive: false) }
          try await untilSomebodyWaitsForALock(superuser)
          try await completion.query(
            """
            INSERT INTO connection SELECT (jsonb_populate_record(c, jsonb_build_object(
              'id', 'con_meanwhile', 'organization_id', \(ada.organization.rawValue)::text))).*
            FROM connection c WHERE id = \(model.rawValue)
            """)
          try await completion.query("UPDATE flow SET status = 'completed' WHERE id = \(flow.rawValue)")
          return shredding
        }
        await #expect(throws: OrganizationShredder.StillAlive(alive: .init(connections: 1, revocations: 0))) {
          _ = try await shredding.value
        }
      }
      #expect(try vault.sql("SELECT count(*) FROM shredded_organization") == "0")
    }
  }

  @Test func anOperatorHasEverythingRevokedAndIsOnRecord() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await fill(ada, vault)
      try await withShredder(vault) { shredder in
        try await shredder.revokeAll(of: ada.organization)
        #expect(try await shredder.alive(in: ada.organization) == .init(connections: 0, revocations: 2))
        #expect(
          try await shredder.revocationsEnded(in: ada.organization, within: .zero).revocations == 2, "it does not wait")
      }
      let tasks = try await vault.exchanger.call(
        RevocationEndpoints.claim, ClaimRevocations(limit: 50, waitSeconds: 0))
      #expect(Set(tasks.compactMap { $0.refreshToken?.text }) == ["live-refresh", "left-refresh"])
      for task in tasks {
        _ = try await vault.exchanger.call(
          RevocationEndpoints.finish,
          ReportRevocation(
            organizationId: task.organizationId, connectionId: task.connectionId, fence: task.fence,
            state: task.connectionId == tasks.first?.connectionId ? .notRevocableAtProvider : .revoked, reason: nil,
            retryAfter: nil))
      }
      let left = try await withShredder(vault) {
        try await $0.revocationsEnded(in: ada.organization, within: .seconds(60))
      }
      #expect(left.isNothing)
      let report = try await shred(ada.organization, vault, leavingAlive: false)
      #expect(report.keys == 1 && report.alive.isNothing)
      #expect(report.unproven == .init(notRevocable: 1))
      let rows = try vault.sql(
        """
        SELECT actor_kind, details ->> 'connections', details ->> 'flows' FROM audit_entry
        WHERE action = 'revocation.begun' AND organization_id = '\(ada.organization)'
        """)
      #expect(rows == "operatorCommand|1|1")
    }
  }
}
