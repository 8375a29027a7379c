import Foundation
import PostgreSQL
import TestSupport
import Testing

@Suite(.serialized) struct RestartTests {
  /// How the writes of a run ended.
  private struct Tally: Sendable {
    var confirmed: [Int] = []
    var unknown = 0
    var other: [PostgresError] = []
    var wrongRows = 0
    var reads = 0
    var failedReads: [PostgresError] = []
  }

  @Test(.timeLimit(.minutes(2)))
  func aServerKilledAndRestartedUnderLoadLosesNoReadAndNoConfirmedWrite() async throws {
    // Confirmed writes must survive the crash, so this server flushes to disk.
    let server = try TemporaryPostgres(settings: ["fsync": "on", "full_page_writes": "on"])
    defer { server.stop() }
    let database = try server.makeDatabase()
    try database.script("CREATE TABLE item (id bigint PRIMARY KEY)")
    var configuration = database.application
    configuration.limits.queue = .seconds(30)
    let tally = Shared(Tally())
    let isOver = Shared(false)
    let restarted = try await withPostgresClient(configuration) { client in
      var events = client.notifications(on: "events").makeAsyncIterator()
      #expect(await events.next() == .reconnected)
      return try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<20 {
          group.addTask {
            var number = 0
            while !isOver.value {
              number += 1
              let mine = task * 10_000_000 + number
              do {
                let row = try await client.read("SELECT \(mine) AS mine").first
                let isRight = try row?.get("mine", as: Int.self) == mine
                tally.update { tally in
                  tally.reads += 1
                  if !isRight { tally.wrongRows += 1 }
                }
              } catch let error as PostgresError {
                tally.update { $0.failedReads.append(error) }
              }
            }
          }
        }
        for task in 0..<8 {
          group.addTask {
            var number = 0
            while !isOver.value {
              number += 1
              let mine = task * 10_000_000 + number
              do {
                try await client.write("INSERT INTO item (id) VALUES (\(mine))")
                tally.update { $0.confirmed.append(mine) }
              } catch PostgresError.outcomeUnknown {
                tally.update { $0.unknown += 1 }
              } catch let error as PostgresError {
                tally.update { $0.other.append(error) }
              }
            }
          }
        }
        for round in 0..<3 {
          let before = (tally.value.reads, tally.value.confirmed.count)
          try await eventually { tally.value.reads > before.0 + 500 && tally.value.confirmed.count > before.1 + 50 }
          server.kill()
          try server.start()
          // The listener is back by itself, and says so.
          #expect(await events.next() == .reconnected)
          try await client.notify("events", payload: "\(round)")
          #expect(await events.next() == .message(payload: "\(round)"))
        }
        let after = tally.value.reads
        try await eventually { tally.value.reads > after + 500 }
        isOver.update { $0 = true }
        try await group.waitForAll()
        return try await client.read("SELECT id FROM item").map { try $0.get("id", as: Int.self) }
      }
    }
    let result = tally.value
    let stored = Set(restarted)
    let lost = result.confirmed.filter { !stored.contains($0) }.count
    #expect(result.wrongRows == 0)
    #expect(lost == 0)
    #expect(result.other.isEmpty, "\(Set(result.other))")
    // A read is sent again once; only one that met two crashes may fail.
    #expect(result.failedReads.allSatisfy { $0 == .connectionLost })
    #expect(result.failedReads.count < 20)
    print(
      """
      figure: server killed 3 times under load: \(result.reads) reads, \(result.failedReads.count) failed, wrong rows \
      \(result.wrongRows); \(result.confirmed.count) writes confirmed, \(lost) lost, \(result.unknown) outcome unknown
      """)
  }

  @Test(.timeLimit(.minutes(1)))
  func aTransactionMeetsARestartWithATypedError() async throws {
    let server = try TemporaryPostgres()
    defer { server.stop() }
    let database = try server.makeDatabase()
    try database.script("CREATE TABLE item (id bigint PRIMARY KEY)")
    try await withPostgresClient(database.application) { (client) async throws -> Void in
      let error = await failure {
        try await client.transaction { transaction in
          try await transaction.query("INSERT INTO item (id) VALUES (1)")
          server.kill()
          try server.start()
          try await transaction.query("INSERT INTO item (id) VALUES (2)")
        }
      }
      #expect(error == .connectionLost)
      // What came before the crash is gone with it, and the pool serves on.
      for _ in 0..<4 {
        #expect(try await client.transaction { try await $0.query("SELECT id FROM item").count } == 0)
      }
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func aStatementWaitsForAServerThatIsNotThereYet() async throws {
    let server = try TemporaryPostgres()
    defer { server.stop() }
    let database = try server.makeDatabase()
    server.kill()
    try await withPostgresClient(database.application) { client in
      async let row = client.read("SELECT 5 AS n")
      async let write = client.write("SELECT 6 AS n")
      try server.start()
      #expect(try await row.first?.get("n", as: Int.self) == 5)
      #expect(try await write.first?.get("n", as: Int.self) == 6)
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func aStatementDoesNotWaitForEver() async throws {
    let server = try TemporaryPostgres()
    defer { server.stop() }
    let database = try server.makeDatabase()
    server.kill()
    var configuration = database.application
    configuration.limits.queue = .milliseconds(200)
    configuration.limits.transactionWait = .milliseconds(200)
    try await withPostgresClient(configuration) { client in
      #expect(await failure { try await client.ping() } == .timeout)
      #expect(await failure { try await client.write("SELECT 1") } == .timeout)
      #expect(
        await failure { try await client.transaction { try await $0.query("SELECT 1").count } } == .connectionLost)
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func aSilentServerIsGivenUp() async throws {
    let server = try TemporaryPostgres()
    defer { server.stop() }
    let database = try server.makeDatabase()
    var configuration = database.application
    configuration.limits.statement = .seconds(1)
    configuration.limits.silence = .seconds(1)
    configuration.limits.queue = .seconds(40)
    try await withPostgresClient(configuration) { client in
      let first = try await client.read("SELECT pg_backend_pid() AS pid").first?.get("pid", as: Int.self)
      let pid = try #require(first)
      // A stopped process keeps its socket open and says nothing.
      #expect(Foundation.kill(pid_t(pid), SIGSTOP) == 0)
      defer { _ = Foundation.kill(pid_t(pid), SIGKILL) }
      let second = try await client.read("SELECT pg_backend_pid() AS pid").first?.get("pid", as: Int.self)
      #expect(second != first)
    }
  }

  @Test func aTerminatedBackendCostsReadsNothing() async throws {
    try await withDatabase { client, database in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<20 {
          group.addTask {
            for number in 0..<50 {
              let mine = task * 50 + number
              let row = try await client.read("SELECT \(mine) AS mine FROM pg_sleep(0.0005)").first
              #expect(try row?.get("mine", as: Int.self) == mine)
            }
          }
        }
        try database.server.psql(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(database.name)'")
        try await group.waitForAll()
      }
    }
  }
}
