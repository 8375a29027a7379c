import Foundation
import Logging
import Model
import PostgreSQL
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Audit

@Suite struct AuditWriterTests {
  @Test func concurrentAppendsFromTwoWritersGiveIntactChains() async throws {
    let database = try await AuditDatabase()
    let (entries, organizations) = (2_000, 20)
    try await database.withWriters(2) { writers, client in
      let start = ContinuousClock.now
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<entries {
          let organization = "org_\(number % organizations)"
          group.addTask { try await writers[number % 7 % 2].append(.example(organization, number)) }
        }
        try await group.waitForAll()
      }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      var verified = 0
      for number in 0..<organizations {
        let chain = AuditChain.organization(OrganizationID(rawValue: "org_\(number)"))
        let report = try await AuditVerifier(client: client).verify(chain)
        #expect(report.findings.isEmpty)
        #expect(report.last.sequence == Int64(entries / organizations))
        verified += report.entries
      }
      #expect(verified == entries)
      print(
        "figure: audit: \(entries) concurrent appends, 2 writers, \(organizations) organizations:",
        "\(verified) verified in intact chains, \(Int(Double(entries) / seconds)) appends/s (debug build)")
    }
  }

  @Test func anEntryIsCommittedWhenAppendReturns() async throws {
    let database = try await AuditDatabase()
    try await database.withWriters { writers, _ in
      let entry = AuditEntry.example("org_a", 1)
      try await writers[0].append(entry)
      // Another session, which sees committed rows only.
      let found = try await database.tamper("SELECT id, action, target_id, details->>'reason' FROM audit_entry")
      #expect(found.contains("\(entry.id)|connection.token.released|con_1|ünïcode \u{1F511}"))
    }
  }

  @Test func everyFieldComesBackAsItWasWritten() async throws {
    let database = try await AuditDatabase()
    try await database.withWriters { writers, client in
      let full = AuditEntry.example("org_a", 1)
      let bare = AuditEntry(
        organizationId: OrganizationID(rawValue: "org_a"), occurredAt: Date(timeIntervalSince1970: -1.000001),
        action: "x", actor: Actor(kind: .service), outcome: .failed)
      try await writers[0].append(full)
      try await writers[0].append(bare)
      let rows = try await client.transaction(in: AuditChain.context(["org_a"])) { transaction in
        try await AuditStore.page(of: "org_a", after: 0, limit: 10, in: transaction)
      }
      #expect(rows.map(\.row) == [try AuditRow(full), try AuditRow(bare)])
      #expect(rows.map(\.position.sequence) == [1, 2])
    }
  }

  @Test func theSystemChainIsAChainOfItsOwn() async throws {
    let database = try await AuditDatabase()
    try await database.withWriters { writers, client in
      try await writers[0].append(.example(nil, 1))
      try await writers[0].append(.example("org_a", 1))
      let report = try await AuditVerifier(client: client).verify(.system)
      #expect(report.isIntact && report.entries == 1)
    }
  }

  @Test func anEntryInATransactionSharesItsFate() async throws {
    struct Stop: Error {}
    let database = try await AuditDatabase()
    let role = database.database.applicationRole
    try database.database.script("CREATE TABLE thing (name text); GRANT ALL ON thing TO \(role);")
    try await database.withWriters { writers, client in
      let context = SessionContext(setting: "lanyard.organization", value: "org_a")
      try await client.transaction(in: context) { transaction in
        _ = try await transaction.query("INSERT INTO thing VALUES ('kept')")
        try await writers[0].append(.example("org_a", 1), in: transaction)
      }
      await #expect(throws: Stop.self) {
        try await client.transaction(in: context) { transaction in
          _ = try await transaction.query("INSERT INTO thing VALUES ('dropped')")
          try await writers[0].append(.example("org_a", 2), in: transaction)
          throw Stop()
        }
      }
      // The next entry of the batch writer continues the chain.
      try await writers[0].append(.example("org_a", 3))
      let names = try await client.read("SELECT name FROM thing")
      #expect(try names.map { try $0.get("name", as: String.self) } == ["kept"])
      let report = try await AuditVerifier(client: client).verify(.example)
      #expect(report.isIntact && report.entries == 2)
    }
  }

  @Test func entriesInTransactionsAndInBatchesShareAChain() async throws {
    let database = try await AuditDatabase()
    try await database.withWriters(2) { writers, client in
      let context = SessionContext(setting: "lanyard.organization", value: "org_a")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<200 {
          group.addTask {
            guard number.isMultiple(of: 4) else {
              return try await writers[number % 2].append(.example("org_a", number))
            }
            try await client.transaction(in: context) { transaction in
              try await writers[0].append(.example("org_a", number), in: transaction)
            }
          }
        }
        try await group.waitForAll()
      }
      let report = try await AuditVerifier(client: client).verify(.example)
      #expect(report.isIntact && report.entries == 200)
    }
  }

  @Test func oneDamagedChainDoesNotStopTheOthersOfItsBatch() async throws {
    let database = try await AuditDatabase()
    try await database.withWriters { writers, client in
      try await writers[0].append(.example("org_a", 1))
      try await writers[0].append(.example("org_b", 1))
      try await database.tamper("UPDATE audit_head SET seq = 0 WHERE organization_id = 'org_a'")
      let outcomes = await withTaskGroup(of: (String, AuditError?).self) { group in
        for number in 0..<40 {
          let organization = number.isMultiple(of: 2) ? "org_a" : "org_b"
          group.addTask {
            do {
              try await writers[0].append(.example(organization, number))
              return (organization, nil)
            } catch {
              return (organization, error as? AuditError)
            }
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      for (organization, error) in outcomes {
        #expect(error == (organization == "org_a" ? .notWritten : nil))
      }
      let report = try await AuditVerifier(client: client).verify(.organization(OrganizationID(rawValue: "org_b")))
      #expect(report.isIntact && report.entries == 21)
    }
  }

  @Test func aHeadThatWasRemovedWithItsOrganizationIsMadeAnew() async throws {
    let database = try await AuditDatabase()
    try await database.withWriters { writers, client in
      try await writers[0].append(.example("org_a", 1))
      try await database.tamper("DELETE FROM audit_entry; DELETE FROM audit_head")
      try await writers[0].append(.example("org_a", 2))
      #expect(try await AuditVerifier(client: client).verify(.example).entries == 1)
    }
  }

  @Test func whenTheDatabaseRefusesNothingCountsAsRecorded() async throws {
    let database = try await AuditDatabase()
    try await database.withWriters { writers, client in
      try await writers[0].append(.example("org_a", 1))
      try await database.tamper("REVOKE INSERT ON audit_entry FROM \(database.database.applicationRole)")
      let error = await #expect(throws: AuditError.notWritten) { try await writers[0].append(.example("org_a", 2)) }
      #expect(error?.serviceError.code == .unavailable)
      try await database.tamper("GRANT INSERT ON audit_entry TO \(database.database.applicationRole)")
      try await writers[0].append(.example("org_a", 3))
      #expect(try await AuditVerifier(client: client).verify(.example).entries == 2)
    }
  }

  @Test func aLostServerFailsAppendsAndTheChainContinuesAfterItsReturn() async throws {
    let server = try TemporaryPostgres(settings: ["fsync": "on"])
    defer { server.stop() }
    let database = try await AuditDatabase(on: server)
    var limits = PostgresConfiguration.Limits()
    limits.transactionWait = .milliseconds(300)
    try await database.withWriters(2, limits: limits) { writers, client in
      let recorded = Tally()
      let unknown = Tally()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<16 {
          group.addTask {
            for number in 0..<100 {
              do {
                try await writers[worker % 2].append(.example("org_\(number % 3)", number))
                recorded.add()
              } catch AuditError.outcomeUnknown {
                unknown.add()
              } catch {
                #expect(error as? AuditError == .notWritten)
              }
            }
          }
        }
        while recorded.count < 200 { try await letOthersRun() }
        server.kill()
        await #expect(throws: AuditError.self) { try await writers[0].append(.example("org_0")) }
        try server.start()
        try await group.waitForAll()
      }
      // The pool reconnects with a backoff: the first appends after the return may still fail.
      while (try? await writers[0].append(.example("org_0"))) == nil {}
      recorded.add()
      var entries = 0
      for number in 0..<3 {
        let chain = AuditChain.organization(OrganizationID(rawValue: "org_\(number)"))
        let report = try await AuditVerifier(client: client).verify(chain)
        #expect(report.isIntact)
        entries += report.entries
      }
      let possible = recorded.count...(recorded.count + unknown.count + 1)
      #expect(possible.contains(entries), "no acknowledged entry is lost")
      print("figure: audit: server killed under load: \(recorded.count) acknowledged, \(entries) in intact chains")
    }
  }

  @Test func theApplicationRoleCanNeitherChangeNorRemoveAnEntry() async throws {
    let database = try await AuditDatabase()
    try await database.withWriters { writers, client in
      try await writers[0].append(.example("org_a", 1))
      let context = AuditChain.context(["org_a"])
      let forbidden: [SQL] = [
        "UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry",
        "DELETE FROM audit_head", "TRUNCATE audit_head", "UPDATE audit_head SET organization_id = 'org_b'",
      ]
      for statement in forbidden {
        let error = await #expect(throws: PostgresError.self) { try await client.write(in: context, statement) }
        #expect(error?.sqlState == .insufficientPrivilege)
      }
    }
  }

  @Test func anOrganizationSeesAndExtendsItsOwnChainOnly() async throws {
    let database = try await AuditDatabase()
    try await database.withWriters { writers, client in
      try await writers[0].append(.example("org_a", 1))
      try await writers[0].append(.example("org_b", 1))
      let own = SessionContext(setting: "lanyard.organization", value: "org_a")
      let seen = try await client.read(in: own, "SELECT DISTINCT organization_id FROM audit_entry")
      #expect(try seen.map { try $0.get("organization_id", as: String.self) } == ["org_a"])
      #expect(try await client.read("SELECT id FROM audit_entry").isEmpty)
      #expect(try await client.read("SELECT seq FROM audit_head").isEmpty)
      let error = await #expect(throws: PostgresError.self) {
        try await client.write(
          in: own, "INSERT INTO audit_head VALUES ('org_c', 0, \([UInt8](repeating: 0, count: 32)))")
      }
      #expect(error?.sqlState == .insufficientPrivilege)
    }
  }

  @Test func anInvalidEntryIsRefusedBeforeItMeetsOthers() async throws {
    let database = try await AuditDatabase()
    try await database.withWriters { writers, _ in
      var entry = AuditEntry.example()
      entry.requestId = "a\u{0}b"
      await #expect(throws: AuditError.invalidEntry("a text contains U+0000")) { try await writers[0].append(entry) }
    }
  }

  @Test func aGracefulShutdownCommitsWhatIsWaiting() async throws {
    let database = try await AuditDatabase()
    try await withPostgresClient(database.database.application) { client in
      let writer = AuditWriter(client: client, logger: AuditDatabase.logger)
      var configuration = ServiceGroupConfiguration(
        services: [.init(service: writer, successTerminationBehavior: .gracefullyShutdownGroup)],
        logger: AuditDatabase.logger)
      configuration.maximumGracefulShutdownDuration = .seconds(20)
      let services = ServiceGroup(configuration: configuration)
      try await withThrowingTaskGroup(of: Void.self) { group in
        // Given before the writer runs, so that all of them wait when it is asked to stop.
        for number in 0..<300 {
          group.addTask { try await writer.append(.example("org_a", number)) }
        }
        while writer.waitingCount < 300 { try await letOthersRun() }
        group.addTask { try await services.run() }
        await services.triggerGracefulShutdown()
        try await group.waitForAll()
      }
      #expect(try await AuditVerifier(client: client).verify(.example).entries == 300)
      await #expect(throws: AuditError.notRunning) { try await writer.append(.example()) }
    }
  }
}

/// Counts from many tasks.
private final class Tally: Sendable {
  private let value = Mutex(0)

  var count: Int { value.withLock { $0 } }

  func add() { value.withLock { $0 += 1 } }
}
