import Foundation
import Model
import PostgreSQL
import TestSupport
import Testing

@testable import Audit

@Suite struct ManipulationTests {
  private static let manipulations = 1_000
  private static let untouched = 100
  private static let entries = 8...20

  /// Random numbers that a failed run can repeat.
  private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  @Test func aThousandManipulationsAreFoundAndNothingElse() async throws {
    let seed = UInt64.random(in: .min ... .max)
    let (database, folder) = (try await AuditDatabase(), try CheckpointFolder())
    let chains = (0..<Self.manipulations + Self.untouched).map { AuditChain(name: "org_\($0)") }
    try await withPostgresClient(database.database.owner) { owner in
      var random = Seeded(state: seed)
      let signed = try await fill(chains, folder, &random, owner)
      for (index, chain) in chains.prefix(Self.manipulations).enumerated() {
        let kind = Manipulation.allCases[index % Manipulation.allCases.count]
        try await kind.apply(to: chain, signed: signed[index], &random, owner)
      }
      let checkpoints = try folder.read()
      let verifier = AuditVerifier(client: owner)
      #expect(Set(try await verifier.chains(besides: checkpoints)) == Set(chains))
      var (found, falseAlarms, inside) = (0, 0, 0)
      for (index, chain) in chains.enumerated() {
        let report = try await verifier.verify(chain, with: checkpoints)
        guard index < Self.manipulations else {
          falseAlarms += report.isIntact ? 0 : 1
          continue
        }
        let kind = Manipulation.allCases[index % Manipulation.allCases.count]
        #expect(!report.isIntact, "\(kind) of \(chain) was not found, seed \(seed)")
        found += report.isIntact ? 0 : 1
        // What the database alone gives away, without checkpoints.
        inside += try await verifier.verify(chain).isIntact ? 0 : 1
      }
      #expect(found == Self.manipulations && falseAlarms == 0)
      // Otherwise the checkpoints would not have been needed, and nothing would be known about them.
      #expect(inside < found)
      print(
        "figure: audit: \(Self.manipulations) manipulations of \(Manipulation.allCases.count) kinds: \(found) found",
        "(\(inside) without checkpoints), \(falseAlarms) false alarms in \(Self.untouched) untouched chains, seed \(seed)"
      )
    }
  }

  /// Fills chains and signs two places of each. Returns the last signed numbers.
  private func fill(
    _ chains: [AuditChain], _ folder: CheckpointFolder, _ random: inout Seeded, _ client: PostgresClient
  ) async throws -> [Int64] {
    var signed: [Int64] = []
    for chain in chains {
      let count = Int.random(in: Self.entries, using: &random)
      let rows = try (0..<count).map { try AuditRow(.example(chain.name, $0)) }
      try await client.transaction(in: AuditChain.context([chain.name])) { transaction in
        try await AuditStore.createHeads([chain.name], in: transaction)
        try await AuditStore.append(rows, in: transaction)
      }
      let last = Int.random(in: 5..<count, using: &random)
      let positions = try await AuditDatabase.positions(of: chain, client)
      try folder.sign([positions[last / 2], positions[last]], of: chain)
      signed.append(Int64(last + 1))
    }
    return signed
  }

  @Test func aLongChainIsVerifiedInBoundedMemory() async throws {
    let (database, folder) = (try await AuditDatabase(), try CheckpointFolder())
    let (batches, batchSize) = (40, 5_000)
    try await withPostgresClient(database.database.owner) { owner in
      try await owner.transaction(in: AuditChain.context(["org_a"])) {
        try await AuditStore.createHeads(["org_a"], in: $0)
      }
      for batch in 0..<batches {
        let rows = try (0..<batchSize).map { try AuditRow(.example("org_a", batch * batchSize + $0)) }
        try await owner.transaction(in: AuditChain.context(["org_a"])) { try await AuditStore.append(rows, in: $0) }
        let head = try await AuditStore.heads(of: ["org_a"], client: owner)[0]
        try folder.sign([head.position], of: head.chain)
      }
      let checkpoints = try folder.read()
      let verifier = AuditVerifier(client: owner)
      let before = try Self.anonymousKilobytes()
      let start = ContinuousClock.now
      let report = try await verifier.verify(.example, with: checkpoints)
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      let grown = try Self.anonymousKilobytes() - before
      #expect(report.isIntact && report.entries == batches * batchSize && report.comparisons == batches)
      // Without bounds the entries alone would take a few hundred megabytes.
      #expect(grown < 65_536)
      print(
        "figure: audit: \(report.entries) entries and \(report.comparisons) checkpoints verified in",
        "\(Int(seconds)) s (debug build), \(grown) kB more memory")
    }
  }

  /// The process's memory that no file backs.
  private static func anonymousKilobytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
    return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1]))
  }
}
