import Foundation
import Model
import PostgreSQL
import TestSupport
import Testing

@testable import Audit

@Suite struct AuditVerifierTests {
  private static let length: Int64 = 12

  /// A chain of twelve entries, changed behind the writer's back, and what the verifier says.
  ///
  /// In the script `:chain` stands for the chain's name and `:own` for the condition that a row belongs to it.
  private func findings(
    after script: String, trusting: @Sendable ([AuditPosition]) -> [AuditPosition] = { _ in [] }
  ) async throws -> Set<AuditFinding> {
    let database = try await AuditDatabase.common()
    let chain = AuditChain.organization(.random())
    return try await database.withWriters { writers, client in
      for number in 1...Int(Self.length) { try await writers[0].append(.example(chain.name, number)) }
      let verifier = AuditVerifier(client: client)
      let before = try await verifier.verify(chain)
      #expect(before.isIntact && before.entries == Int(Self.length))
      let positions = try await client.transaction(in: AuditChain.context([chain.name])) { transaction in
        try await AuditStore.page(of: chain.name, after: 0, limit: 100, in: transaction).map(\.position)
      }
      let named = script.replacing(":chain", with: "'\(chain.name)'")
      try await database.tamper(named.replacing(":own", with: "organization_id = '\(chain.name)'"))
      return Set(try await verifier.verify(chain, trusting: trusting(positions)).findings)
    }
  }

  @Test(arguments: [
    "id = 'evt_x'", "occurred_at = occurred_at + interval '1 microsecond'", "occurred_at = 'infinity'",
    "action = 'connection.listed'", "actor_kind = 'member'", "actor_id = NULL", "user_id = 'usr_2'",
    "application_id = 'app_2'", "app_id = 'mail'", "charm_id = ''", "caller = 'vault'", "target_kind = 'flow'",
    "target_id = 'con_9'", "outcome = 'refused'", "grant_id = NULL", "request_id = 'req_9'", "details = '{}'",
    "details = details || '{\"a\":\"b\"}'", "details = '[1]'", "hash = decode(repeat('00', 32), 'hex')",
  ])
  func anEditOfAnyColumnIsFound(change: String) async throws {
    let found = try await findings(after: "UPDATE audit_entry SET \(change) WHERE :own AND seq = 5")
    #expect(found.contains(.altered(sequence: 5)))
    // A changed hash also breaks the link to the next entry; nothing else is blamed.
    #expect(found.subtracting([.altered(sequence: 5), .altered(sequence: 6)]).isEmpty)
  }

  @Test func aRemovedEntryIsFound() async throws {
    #expect(
      try await findings(after: "DELETE FROM audit_entry WHERE :own AND seq = 5") == [.missing(from: 5, through: 5)])
    #expect(
      try await findings(after: "DELETE FROM audit_entry WHERE :own AND seq <= 3") == [.missing(from: 1, through: 3)])
    #expect(
      try await findings(after: "DELETE FROM audit_entry WHERE :own AND seq > 10")
        == [.headDiffers(headSequence: 12, lastSequence: 10), .missing(from: 11, through: 12)])
    #expect(
      try await findings(after: "DELETE FROM audit_entry WHERE :own")
        == [.headDiffers(headSequence: 12, lastSequence: 0), .missing(from: 1, through: 12)])
  }

  @Test func aRemovedEntryIsFoundAlsoWhenTheOthersCloseTheGap() async throws {
    let found = try await findings(
      after: """
        DELETE FROM audit_entry WHERE :own AND seq = 5;
        UPDATE audit_entry SET seq = seq - 1 WHERE :own AND seq > 5;
        UPDATE audit_head SET seq = 11 WHERE :own;
        """)
    #expect(found.contains(.altered(sequence: 5)))
    #expect(found.isSuperset(of: [.moved(sequence: 6, recordedAt: 7), .moved(sequence: 7, recordedAt: 8)]))
  }

  @Test func entriesThatChangedPlacesAreFound() async throws {
    func swap(_ first: Int, _ second: Int) -> String {
      """
      UPDATE audit_entry SET seq = 1000 WHERE :own AND seq = \(first);
      UPDATE audit_entry SET seq = \(first) WHERE :own AND seq = \(second);
      UPDATE audit_entry SET seq = \(second) WHERE :own AND seq = 1000;
      """
    }
    let neighbours = try await findings(after: swap(5, 6))
    #expect(neighbours.isSuperset(of: [.moved(sequence: 5, recordedAt: 6), .moved(sequence: 6, recordedAt: 5)]))
    let apart = try await findings(after: swap(3, 9))
    #expect(apart.isSuperset(of: [.moved(sequence: 3, recordedAt: 9), .moved(sequence: 9, recordedAt: 3)]))
  }

  @Test func aForgedEntryIsFound() async throws {
    let insert = """
      INSERT INTO audit_entry (organization_id, seq, id, occurred_at, action, actor_kind, outcome, details, hash)
      SELECT :chain, 13, 'evt_x', now(), 'x', 'member', 'succeeded', '{}', decode(repeat('ab', 32), 'hex');
      """
    #expect(
      try await findings(after: insert)
        == [.altered(sequence: 13), .headDiffers(headSequence: 12, lastSequence: 13)])
    let withHead = insert + "UPDATE audit_head SET seq = 13, hash = decode(repeat('ab', 32), 'hex') WHERE :own;"
    #expect(try await findings(after: withHead) == [.altered(sequence: 13)])
  }

  @Test func aRewrittenHeadIsFound() async throws {
    #expect(
      try await findings(after: "UPDATE audit_head SET hash = decode(repeat('00', 32), 'hex') WHERE :own")
        == [.headDiffers(headSequence: 12, lastSequence: 12)])
    #expect(
      try await findings(after: "UPDATE audit_head SET seq = 11 WHERE :own")
        == [.headDiffers(headSequence: 11, lastSequence: 12)])
    #expect(
      try await findings(after: "UPDATE audit_head SET seq = 14 WHERE :own")
        == [.headDiffers(headSequence: 14, lastSequence: 12), .missing(from: 13, through: 14)])
    #expect(try await findings(after: "DELETE FROM audit_head WHERE :own") == [.headMissing])
  }

  /// The limit of a chain without keys, and what lifts it.
  @Test func aChainThatWasCutOrComputedAnewIsFoundByTrustedPositionsOnly() async throws {
    let cut = """
      DELETE FROM audit_entry WHERE :own AND seq > 10;
      UPDATE audit_head SET (seq, hash) = (SELECT seq, hash FROM audit_entry WHERE :own AND seq = 10)
        WHERE :own;
      """
    #expect(try await findings(after: cut) == [])
    #expect(
      try await findings(after: cut, trusting: { [$0[11]] }) == [.contradictsTrustedPosition(sequence: 12)])
    #expect(try await findings(after: cut, trusting: { [$0[4], $0[9]] }) == [])
    let other = AuditPosition(sequence: 5, hash: [UInt8](repeating: 7, count: 32))
    // Two that contradict each other: the chain was another one when one of them was recorded.
    for positions in [[other], nil] {
      #expect(
        try await findings(after: "", trusting: { positions ?? [$0[4], other] })
          == [.contradictsTrustedPosition(sequence: 5)])
    }
  }

  @Test func aLongChainIsReadInPages() async throws {
    let database = try await AuditDatabase()
    try await database.withWriters { writers, client in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<2_500 { group.addTask { try await writers[0].append(.example("org_a", number)) } }
        try await group.waitForAll()
      }
      let verifier = AuditVerifier(client: client)
      let whole = try await verifier.verify(.example)
      #expect(whole.isIntact && whole.entries == 2_500)
      try await database.tamper("UPDATE audit_entry SET action = 'x' WHERE seq IN (1, 1000, 1001, 2500)")
      let found = Set(try await verifier.verify(.example).findings)
      #expect(found == Set([1, 1_000, 1_001, 2_500].map { .altered(sequence: $0) }))
    }
  }

  @Test func anEmptyChainIsIntact() async throws {
    let database = try await AuditDatabase.common()
    try await database.withWriters { _, client in
      let report = try await AuditVerifier(client: client).verify(.organization(.random()))
      #expect(report.isIntact && report.entries == 0 && report.last == .beginning)
    }
  }

  @Test func aChainBrokenEverywhereGivesABoundedList() async throws {
    var check = ChainCheck(after: .beginning, trusting: [])
    let row = try AuditRow(.example())
    for sequence in 1...3_000 {
      check.take(row, at: AuditPosition(sequence: Int64(sequence), hash: [UInt8](repeating: 1, count: 32)))
    }
    let findings = check.finish(head: nil)
    #expect(findings.count == ChainCheck.maximumFindings + 1)
    #expect(findings.last == .more)
  }
}
