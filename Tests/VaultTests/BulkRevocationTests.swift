import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// A revocation of more Connections than one statement takes is one all the same: begun as a whole, or not at all.
@Suite struct BulkRevocationTests {
  /// More than two statements' worth.
  private static let copies = 1_203

  /// As many Connections like the given one, of accounts `copy-1` and so on.
  private func multiply(_ id: ConnectionID, _ vault: VaultUnderTest) throws {
    let columns = """
      organization_id, user_id, integration_id, provider, provider_url, application_type, application_id, app_id,
      display_identifier, scopes, status, generation, sealed_tokens, has_refresh_token, received_at, expires_at
      """
    _ = try vault.sql(
      """
      INSERT INTO connection (id, provider_account_id, \(columns))
      SELECT overlay(id PLACING lpad(n::text, 6, '0') FROM length(id) - 5), 'copy-' || n, \(columns)
      FROM connection, generate_series(1, \(Self.copies)) AS n WHERE id = '\(id.rawValue)'
      """)
  }

  @Test func everyOneOfManyIsRevokedOnceAndSharedGrantsAreKept() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      var bob = ada
      bob.user = .random()
      try multiply(try await ada.connect(vault, account: "ada").id, vault)
      for account in ["copy-2", "copy-\(Self.copies)"] { _ = try await bob.connect(vault, account: account) }

      let started = try await vault.gateway.call(
        RevocationEndpoints.create, CreateRevocation(userId: ada.user), grant: try ada.administer(vault))
      let report = try await vault.gateway.call(
        RevocationEndpoints.report, RevocationQuery(id: started.id), grant: try ada.administer(vault))
      #expect(report.counted == ["pending": Self.copies - 1, "sharedGrantKept": 2])
      let alive = try vault.sql("SELECT count(*) FROM connection WHERE status <> 'revoked'")
      #expect(alive == "2", "Bob's")
      let due = try vault.sql("SELECT count(DISTINCT record_id) FROM due_work WHERE kind = 'revocation'")
      #expect(due == "\(Self.copies - 1)")
      let said = try vault.sql("SELECT details->>'connections' FROM audit_entry WHERE action = 'revocation.begun'")
      #expect(said == "\(Self.copies + 1)")

      // All of the organization: nobody who is selected is a reason to keep another's grant.
      let all = try await vault.gateway.call(
        RevocationEndpoints.create, CreateRevocation(all: true), grant: try ada.administer(vault))
      let rest = try await vault.gateway.call(
        RevocationEndpoints.report, RevocationQuery(id: all.id), grant: try ada.administer(vault))
      #expect(rest.counted == ["pending": 2])
    }
  }

  @Test func whatGoesWrongInALaterStatementUndoesTheEarlierOnes() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      try multiply(try await ada.connect(vault, account: "ada").id, vault)
      _ = try vault.sql(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused by the test'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON revocation_task FOR EACH ROW
          WHEN (NEW.provider_account_id = 'copy-\(Self.copies)') EXECUTE FUNCTION refuse();
        """)
      let refused = await code {
        try await vault.gateway.call(
          RevocationEndpoints.create, CreateRevocation(all: true), grant: try ada.administer(vault))
      }
      #expect(refused != nil)
      let left = try vault.sql(
        """
        SELECT (SELECT count(*) FROM connection WHERE status = 'revoked') + (SELECT count(*) FROM revocation_task)
          + (SELECT count(*) FROM due_work WHERE kind = 'revocation')
        """)
      #expect(left == "0")
    }
  }
}
