import Foundation
import Model
import PostgreSQL
import ServiceTokens
import TestSupport
import Testing

@testable import Audit

@Suite struct RetentionTests {
  private static let day = 86_400.0

  /// A chain of thirty entries, signed at 10 (two days ago), 20 (yesterday) and 30 (today).
  private func withSignedChain(
    _ body: @Sendable (AuditRetention, PostgresClient, CheckpointFolder, AuditDatabase) async throws -> Void
  ) async throws {
    let (database, folder) = (try await AuditDatabase(), try CheckpointFolder())
    try await database.withWriters { writers, client in
      for number in 0..<30 { try await writers[0].append(.example("org_a", number)) }
      let positions = try await AuditDatabase.positions(of: .example, client)
      for (days, sequence) in [(2.0, 10), (1.0, 20), (0.0, 30)] {
        try folder.sign([positions[sequence - 1]], of: .example, at: Date() - days * Self.day)
      }
    }
    try await withPostgresClient(database.database.owner) { owner in
      let retention = AuditRetention(
        client: owner, writer: AuditWriter(client: owner, logger: AuditDatabase.logger), service: .vault,
        signer: folder.signer, file: try folder.file())
      try await body(retention, owner, folder, database)
    }
  }

  @Test func aChainIsCutAtTheLastCheckpointBeforeTheTimeAndStaysVerifiable() async throws {
    try await withSignedChain { retention, owner, folder, _ in
      let cut = try await retention.cut(.example, before: Date() - Self.day / 2, by: folder.read())
      #expect(cut.through == 20 && cut.removed == 20)
      let verifier = AuditVerifier(client: owner)
      let report = try await verifier.verify(.example, with: folder.read())
      #expect(report.isIntact && report.start.sequence == 20 && report.entries == 11 && report.last.sequence == 31)
      // The cut is an entry of the chain itself.
      let rows = try await owner.read(
        "SELECT actor_kind, details->>'through' AS through FROM audit_entry WHERE action = 'audit.cut'")
      #expect(try rows.map { try $0.get("through", as: String.self) } == ["20"])
      #expect(try rows.map { try $0.get("actor_kind", as: String.self) } == ["operatorCommand"])
      // And once more: nothing is left to do, nothing is broken.
      let again = try await retention.cut(.example, before: Date() - Self.day / 2, by: folder.read())
      #expect(again.through == nil && again.removed == 0)
      #expect(try await verifier.verify(.example, with: folder.read()).isIntact)
    }
  }

  @Test func nothingIsCutThatIsYoungerThanTheTime() async throws {
    try await withSignedChain { retention, owner, folder, _ in
      let cut = try await retention.cut(.example, before: Date() - 3 * Self.day, by: folder.read())
      #expect(cut.through == nil && cut.removed == 0)
      #expect(try await AuditVerifier(client: owner).verify(.example, with: folder.read()).entries == 30)
    }
  }

  @Test func anInterruptedCutIsFinishedByTheNextOne() async throws {
    try await withSignedChain { retention, owner, folder, _ in
      // The start was recorded and signed, and the process died before it removed anything.
      let place = try await AuditDatabase.positions(of: .example, owner)[19]
      try folder.sign([place], of: .example, .cut)
      try await owner.write(
        in: AuditChain.context(["org_a"]),
        "INSERT INTO audit_start (organization_id, seq, hash) VALUES ('org_a', \(place.sequence), \(place.hash))")
      #expect(try await AuditVerifier(client: owner).verify(.example, with: folder.read()).isIntact)
      let cut = try await retention.cut(.example, before: Date() - Self.day / 2, by: folder.read())
      #expect(cut.removed == 20)
      #expect(try await AuditVerifier(client: owner).verify(.example, with: folder.read()).isIntact)
    }
  }

  @Test func aChainThatIsNotIntactIsLeftAlone() async throws {
    try await withSignedChain { retention, owner, folder, database in
      try await database.tamper("UPDATE audit_entry SET action = 'x' WHERE seq = 5")
      await #expect(throws: AuditRetention.Refusal.self) {
        try await retention.cut(.example, before: Date() - Self.day / 2, by: folder.read())
      }
      #expect(try await AuditVerifier(client: owner).verify(.example).entries == 30)
    }
  }

  @Test func aCutThatNobodySignedIsFound() async throws {
    try await withSignedChain { _, owner, folder, database in
      try await database.tamper(
        """
        INSERT INTO audit_start SELECT organization_id, seq, hash FROM audit_entry WHERE seq = 20;
        DELETE FROM audit_entry WHERE seq <= 20;
        """)
      let report = try await AuditVerifier(client: owner).verify(.example, with: folder.read())
      #expect(report.findings == [.unsignedStart(sequence: 20)])
    }
  }

  @Test func theApplicationRoleNeitherMovesTheStartNorSeesAllChains() async throws {
    try await withSignedChain { _, _, _, database in
      try await withPostgresClient(database.database.application) { client in
        let error = await #expect(throws: PostgresError.self) {
          try await client.write(
            in: AuditChain.context(["org_a"]),
            "INSERT INTO audit_start (organization_id, seq, hash) VALUES ('org_a', 1, \([UInt8](repeating: 0, count: 32)))"
          )
        }
        #expect(error?.sqlState == .insufficientPrivilege)
        await #expect(throws: AuditError.notOwner) { try await AuditVerifier(client: client).chains() }
      }
    }
  }
}
