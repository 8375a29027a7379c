import Foundation
import Logging
import Model
import PostgreSQL
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

@Suite struct ShreddingTests {
  private func shred(_ organization: OrganizationID, _ vault: VaultUnderTest) async throws
    -> OrganizationShredder.Report
  {
    try await withPostgresClient(vault.storage.database.owner) { owner in
      try await OrganizationShredder(database: owner, logger: Logger(label: "test")).shred(organization)
    }
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
      #expect(report == .init(keys: 1, alive: .init(connections: 1, revocations: 1)))
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

  @Test func itIsInTheOrganizationsTrailWithWhatWasLeft() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await fill(ada, vault)
      _ = try await shred(ada.organization, vault)
      #expect(try await shred(ada.organization, vault) == .init(keys: 0, alive: .init(connections: 0, revocations: 0)))
      let rows = try vault.sql(
        """
        SELECT string_agg(actor_kind || ' ' || (details ->> 'keys') || ' ' || (details ->> 'connections'), ',' ORDER BY seq)
        FROM audit_entry WHERE organization_id = '\(ada.organization)' AND action = 'organization.keys.shredded'
        """)
      #expect(rows == "operatorCommand 1 1,operatorCommand 0 0")
    }
  }
}
