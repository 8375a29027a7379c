import Foundation
import Logging
import Model
import PostgreSQL
import ServiceLifecycle
import TestSupport
import Testing

@testable import Audit

@Suite struct CheckpointWriterTests {
  /// Runs a client, a checkpoint writer and an audit writer in the order of a service, for the length of a closure, and stops them gracefully.
  private func withService(
    _ folder: CheckpointFolder, _ database: AuditDatabase, file: CheckpointFile, interval: Duration = .seconds(3_600),
    entries: Int = 1_000_000, logger: Logger = AuditDatabase.logger,
    _ body: @escaping @Sendable (AuditWriter, PostgresClient) async throws -> Void
  ) async throws {
    let client = PostgresClient(configuration: database.database.application, logger: AuditDatabase.logger)
    let writer = AuditWriter(client: client, logger: AuditDatabase.logger)
    let checkpoints = CheckpointWriter(
      of: writer, database: client, to: file, service: .vault, signer: folder.signer,
      configuration: .init(interval: interval, entries: entries), logger: logger)
    let group = ServiceGroup(services: [client, checkpoints, writer], logger: AuditDatabase.logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      try await body(writer, client)
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  /// Waits until the folder says so.
  private func awaitSigned(
    _ folder: CheckpointFolder, _ isEnough: (CheckpointSet) -> Bool
  ) async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while !isEnough(try folder.read()) {
      try #require(ContinuousClock.now < deadline, "no checkpoint came")
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  @Test func enoughEntriesAreSignedBeforeTheIntervalIsOver() async throws {
    let (database, folder) = (try await AuditDatabase(), try CheckpointFolder())
    try await withService(folder, database, file: try folder.file(), entries: 10) { writer, client in
      for number in 0..<25 { try await writer.append(.example("org_a", number)) }
      try await awaitSigned(folder) { ($0.records["org_a"]?.positions.last?.sequence ?? 0) >= 20 }
    }
  }

  @Test func theIntervalSignsWhatMovedAndNothingTwice() async throws {
    let (database, folder) = (try await AuditDatabase(), try CheckpointFolder())
    try await withService(folder, database, file: try folder.file(), interval: .milliseconds(50)) { writer, client in
      try await writer.append(.example("org_a", 1))
      try await writer.append(.example("org_b", 1))
      try await awaitSigned(folder) { Set($0.records.keys) == ["org_a", "org_b"] }
      try await writer.append(.example("org_b", 2))
      try await awaitSigned(folder) { $0.records["org_b"]?.positions.last?.sequence == 2 }
    }
    #expect(try folder.read().count == 3)
  }

  @Test func anEntryOfATransactionIsSignedOnceItIsCommitted() async throws {
    struct Stop: Error {}
    let (database, folder) = (try await AuditDatabase(), try CheckpointFolder())
    try await withService(folder, database, file: try folder.file(), interval: .milliseconds(30)) { writer, client in
      let context = SessionContext(setting: "lanyard.organization", value: "org_a")
      try? await client.transaction(in: context) { transaction in
        try await writer.append(.example("org_a", 1), in: transaction)
        throw Stop()
      }
      try await client.transaction(in: context) { transaction in
        try await writer.append(.example("org_a", 2), in: transaction)
        // Rounds pass in which the entry is not there yet.
        for _ in 0..<3 {
          try await writer.append(.example("org_b", 1))
          let signed = try folder.read().records["org_b"]?.places.count ?? 0
          try await awaitSigned(folder) { ($0.records["org_b"]?.places.count ?? 0) > signed }
        }
      }
      try await awaitSigned(folder) { $0.records["org_a"] != nil }
      let head = try await AuditVerifier(client: client).verify(.example).last
      #expect(try folder.read().records["org_a"]?.positions == [head])
    }
  }

  @Test func aStopSignsWhatWasWrittenLast() async throws {
    let (database, folder) = (try await AuditDatabase(), try CheckpointFolder())
    try await withService(folder, database, file: try folder.file()) { writer, _ in
      for number in 0..<5 { try await writer.append(.example("org_a", number)) }
    }
    #expect(try folder.read().records["org_a"]?.positions.map(\.sequence) == [5])
  }

  @Test func aStartSignsWhatAKilledProcessLeft() async throws {
    let (database, folder) = (try await AuditDatabase(), try CheckpointFolder())
    try await database.withWriters { writers, _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        // More than one page of chains.
        for number in 0..<1_200 { group.addTask { try await writers[0].append(.example("org_\(number)", 1)) } }
        try await group.waitForAll()
      }
    }
    try await withService(folder, database, file: try folder.file()) { _, _ in
      try await awaitSigned(folder) { $0.count == 1_200 }
    }
  }

  @Test func aFailureIsMadeUpForByTheNextRound() async throws {
    let (database, folder) = (try await AuditDatabase(), try CheckpointFolder())
    // The first line fits into no file: the folder has gone.
    let file = try folder.file(maximumBytes: 1)
    try file.append([[UInt8(ascii: "\n")]])
    let aside = folder.path + "-aside"
    try FileManager.default.moveItem(atPath: folder.path, toPath: aside)
    let (failures, failed) = AsyncStream.makeStream(of: Void.self)
    let logger = Logger(label: "test") { _ in ErrorSignal(failed: failed) }
    try await withService(folder, database, file: file, interval: .milliseconds(30), logger: logger) { writer, client in
      try await writer.append(.example("org_a", 1))
      // A round fails while the folder is away: its chain is asked for again.
      for await _ in failures { break }
      try FileManager.default.moveItem(atPath: aside, toPath: folder.path)
      try await awaitSigned(folder) { $0.records["org_a"]?.positions.last?.sequence == 1 }
    }
  }

  @Test func twoReplicasWriteFilesOfTheirOwn() async throws {
    let (database, folder) = (try await AuditDatabase(), try CheckpointFolder())
    for replica in 1...2 {
      try await withService(folder, database, file: try folder.file()) { writer, _ in
        try await writer.append(.example("org_a", replica))
      }
    }
    #expect(try folder.lines().count == 2)
    let set = try folder.read()
    #expect(set.problems.isEmpty)
    try await database.withWriters { _, client in
      let report = try await AuditVerifier(client: client).verify(.example, with: set)
      #expect(report.isIntact && report.comparisons == set.count)
    }
  }
}

/// Tells of every error that is logged.
private struct ErrorSignal: LogHandler {
  let failed: AsyncStream<Void>.Continuation
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.error

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { failed.yield() }
}
