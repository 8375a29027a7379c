import Foundation
import Model
import PostgreSQL
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// What operators see of the work that waits.
@Suite struct QueueWatchTests {
  /// A million Connections that are not due yet would otherwise be read through at every look: 0.7 s instead of 0.5 ms.
  @Test func whatIsNotDueIsNotLookedAt() async throws {
    let storage = try await VaultStorage.make()
    try storage.database.server.psql(
      """
      INSERT INTO due_refresh (organization_id, connection_id, generation, reason, due_at)
        SELECT 'org_1', 'con_' || i, 1, 'expiry', now() + interval '1 hour' FROM generate_series(1, 5000) AS i;
      INSERT INTO due_work (organization_id, kind, record_id, due_at)
        SELECT 'org_1', 'flowRemoval', 'flw_' || i, now() + interval '1 day' FROM generate_series(1, 5000) AS i;
      ANALYZE due_refresh, due_work;
      """, database: storage.database.name)
    try await withPostgresClient(storage.database.application) { database in
      let looks: [SQL] = [
        "EXPLAIN SELECT * \(DueRefreshStore.due)", "EXPLAIN SELECT * \(DueWork.flowRemoval.due) LIMIT \(10)",
      ]
      for look in looks {
        let plan = try await database.read(in: DueRefreshStore.worker, look).map { try $0.get(at: 0, as: String.self) }
        let condition = plan.first { $0.contains("Index Cond:") } ?? ""
        #expect(condition.contains("due_at <= statement_timestamp()"), "\(plan)")
      }
    }
  }

  @Test func workThatNobodyTakesIsCountedWithItsAge() async throws {
    try await VaultUnderTest.with { vault in
      for person in [Person(), Person()] {
        let connection = try await person.connect(vault, tokens: person.tokens("a", refresh: "r"))
        _ = try await person.connect(vault, account: "other", tokens: person.tokens("b", refresh: "s"))
        _ = try await vault.gateway.call(
          ConnectionEndpoints.revoke, Reference(id: connection.id), grant: try person.grant([.revoke], vault))
      }
      // Of two organizations; one waits for two minutes, the other is to be tried again in a minute.
      _ = try vault.sql(
        """
        UPDATE due_work SET due_at = now() + interval '1 minute' WHERE kind = 'revocation';
        UPDATE due_work SET due_at = now() - interval '2 minutes' WHERE kind = 'revocation'
          AND organization_id = (SELECT min(organization_id) FROM due_work WHERE kind = 'revocation');
        UPDATE due_refresh SET due_at = now() - interval '1 hour';
        """)
      let metrics = PrometheusMetrics()
      try await withPostgresClient(vault.storage.database.application) { database in
        await QueueWatch(
          database: database, refreshes: DueRefreshStore(database: database), metrics: metrics,
          logger: vault.service.environment.logger
        ).round()
      }
      let text = metrics.text()
      func value(_ name: String) -> Double? {
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
        return line?.split(separator: " ").last.flatMap { Double($0) }
      }
      #expect(value(#"lanyard_vault_work_due{kind="revocation"}"#) == 1)
      #expect(try #require(value(#"lanyard_vault_work_late_seconds{kind="revocation"}"#)) >= 120)
      #expect(value("lanyard_vault_revocations_pending") == 2)
      #expect(value(#"lanyard_vault_work_due{kind="refresh"}"#) == 2)
      #expect(try #require(value(#"lanyard_vault_work_late_seconds{kind="refresh"}"#)) >= 3_600)
      #expect(value(#"lanyard_vault_work_due{kind="keyRotation"}"#) == 0)
      #expect(value(#"lanyard_vault_work_late_seconds{kind="keyRotation"}"#) == 0)
    }
  }
}
