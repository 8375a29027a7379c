import FoundationEssentials
import PostgreSQL
import TestSupport
import Testing

struct PipelineTests {
  @Test func tenThousandReadsFrom200TasksReturnEachCallerItsOwnRow() async throws {
    try await withDatabase { client, _ in
      let clock = ContinuousClock()
      let start = clock.now
      let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
        for task in 0..<200 {
          group.addTask {
            var wrong = 0
            for number in 0..<50 {
              let mine = task * 50 + number
              let row = try await client.read("SELECT \(mine) AS mine, \("t\(mine)")::text AS text").first
              if try row?.get("mine", as: Int.self) != mine { wrong += 1 }
              if try row?.get("text", as: String.self) != "t\(mine)" { wrong += 1 }
            }
            return wrong
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(wrong == 0)
      print("figure: 10000 reads from 200 tasks, wrong rows: \(wrong), in \(start.duration(to: clock.now))")
    }
  }

  @Test func aThousandCancelledReadsLeaveNoBrokenConnection() async throws {
    try await withDatabase { client, _ in
      let before = try await backends(client)
      let cancelled = Shared(0)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<1_000 {
          let task = Task {
            try await client.read("SELECT \(number) AS n FROM pg_sleep(0.002)").count
          }
          group.addTask {
            // Half are cancelled at once, half after some of them have been sent.
            if number % 2 == 0 { try await Task.sleep(for: .microseconds(number * 20)) }
            task.cancel()
            do {
              _ = try await task.value
            } catch PostgresError.cancelled {
              cancelled.update { $0 += 1 }
            }
          }
        }
        try await group.waitForAll()
      }
      for number in 0..<200 {
        let row = try await client.read("SELECT \(number) AS mine").first
        #expect(try row?.get("mine", as: Int.self) == number)
      }
      #expect(try await backends(client) == before, "the same connections serve on")
      #expect(cancelled.value > 500)
      print("figure: 1000 reads cancelled, \(cancelled.value) before their answer, broken connections: 0")
    }
  }

  private func backends(_ client: PostgresClient) async throws -> Int {
    let rows = try await client.read("SELECT pg_backend_pid() AS pid")
    return try #require(try rows.first?.get("pid", as: Int.self))
  }

  @Test func anErrorInABatchDoesNotFailItsNeighbours() async throws {
    try await withDatabase { client, _ in
      let failed = try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<400 {
          group.addTask {
            let divisor = number % 10 == 3 ? 0 : 1
            do {
              let row = try await client.read("SELECT \(number) / \(divisor) AS n").first
              #expect(try row?.get("n", as: Int.self) == number)
              return false
            } catch let error as PostgresError {
              #expect(error.sqlState == .divisionByZero)
              #expect(divisor == 0)
              return true
            }
          }
        }
        return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(failed == 40)
      print("figure: 40 failing reads among 400, neighbours failed: \(failed - 40)")
    }
  }

  @Test func aStatementThatCannotBePreparedFailsAlone() async throws {
    try await withDatabase { client, _ in
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<100 {
          group.addTask {
            if number % 5 == 0 {
              let error = await failure { try await client.read("SELECT nonsense FROM nowhere WHERE x = \(number)") }
              #expect(error?.sqlState == .undefinedTable)
            } else {
              let value = try? await client.read("SELECT \(number) AS n").first?.get("n", as: Int.self)
              #expect(value == number)
            }
          }
        }
      }
    }
  }

  @Test func aFailedWriteDoesNotTouchOthers() async throws {
    try await withDatabase("CREATE TABLE item (id bigint PRIMARY KEY)") { client, _ in
      try await client.write("INSERT INTO item (id) VALUES (\(0))")
      await withTaskGroup(of: Void.self) { group in
        for number in 1...300 {
          group.addTask {
            if number % 3 == 0 {
              let error = await failure { try await client.write("INSERT INTO item (id) VALUES (\(0))") }
              #expect(error?.sqlState == .uniqueViolation)
              #expect(error?.constraint == "item_pkey")
            } else {
              await #expect(throws: Never.self) { try await client.write("INSERT INTO item (id) VALUES (\(number))") }
            }
          }
        }
      }
      let count = try await client.read("SELECT count(*) AS n FROM item").first?.get("n", as: Int.self)
      #expect(count == 201)
    }
  }

  @Test func aWriteIsAnsweredOnlyWhenItsCommitHasSucceeded() async throws {
    try await withDatabase(
      "CREATE TABLE item (id bigint CONSTRAINT once UNIQUE DEFERRABLE INITIALLY DEFERRED)"
    ) { client, _ in
      try await client.write("INSERT INTO item (id) VALUES (\(1))")
      // The statement itself succeeds; the commit at its Sync does not.
      let error = await failure { try await client.write("INSERT INTO item (id) VALUES (\(1))") }
      #expect(error?.constraint == "once")
      try await client.write("INSERT INTO item (id) VALUES (\(2))")
      #expect(try await client.read("SELECT id FROM item").count == 2)
    }
  }

  @Test func readsCannotChangeAnything() async throws {
    try await withDatabase("CREATE TABLE item (id bigint)") { client, _ in
      let error = await failure { try await client.read("INSERT INTO item (id) VALUES (\(1))") }
      #expect(error?.sqlState == .readOnlyTransaction)
    }
  }

  @Test(
    arguments: ["BEGIN", "  set search_path = x", "COMMIT", "LISTEN x", "DISCARD ALL", "COPY item TO STDOUT"] as [SQL])
  func sessionCommandsAreNotSent(sql: SQL) async throws {
    try await withDatabase { client, _ in
      #expect(await failure { try await client.read(sql) } == .notAllowed)
      #expect(await failure { try await client.write(sql) } == .notAllowed)
      #expect(await failure { try await client.transaction { try await $0.query(sql).count } } == .notAllowed)
    }
  }

  @Test func aFullQueueRefusesAtOnce() async throws {
    try await withDatabase(
      configure: Adjustment {
        $0.limits.maximumQueue = 10
        $0.limits.readBatch = 1
      }
    ) { client, _ in
      try await client.ping()
      let (sleeping, full) = await withTaskGroup(of: PostgresError?.self) { group in
        for _ in 0..<60 {
          group.addTask {
            do {
              _ = try await client.read("SELECT 1 AS n FROM pg_sleep(0.1)")
              return nil
            } catch { return error as? PostgresError }
          }
        }
        var counts = (0, 0)
        for await error in group {
          if error == nil { counts.0 += 1 }
          if error == .queueFull { counts.1 += 1 }
        }
        return counts
      }
      #expect(sleeping + full == 60)
      #expect(full > 0)
      #expect(sleeping >= 10)
    }
  }

  @Test func aSlowStatementIsStoppedByTheServer() async throws {
    try await withDatabase(configure: Adjustment { $0.limits.statement = .milliseconds(500) }) { client, _ in
      #expect(await failure { try await client.read("SELECT pg_sleep(10)") } == .timeout)
      #expect(await failure { try await client.write("SELECT pg_sleep(10)") } == .timeout)
      #expect(
        await failure { try await client.transaction { try await $0.query("SELECT pg_sleep(10)").count } } == .timeout)
      try await client.ping()
    }
  }

  @Test func moreStatementsThanTheCacheHoldsWorkOn() async throws {
    let texts: [SQL] = [
      "SELECT 1 AS n", "SELECT 2 AS n", "SELECT 3 AS n", "SELECT 4 AS n", "SELECT 5 AS n", "SELECT 6 AS n",
    ]
    try await withDatabase(configure: Adjustment { $0.limits.preparedStatements = 2 }) { client, _ in
      for round in 0..<20 {
        let index = round % texts.count
        #expect(try await client.read(texts[index]).first?.get("n", as: Int.self) == index + 1)
      }
      let kept = try await client.read("SELECT count(*) AS n FROM pg_prepared_statements").first?.get("n", as: Int.self)
      #expect((kept ?? 99) <= 2)
    }
  }

  @Test func aChangedTableIsReadWithAFreshPlan() async throws {
    try await withDatabase("CREATE TABLE item (id bigint); INSERT INTO item VALUES (1)") { client, database in
      let sql: SQL = "SELECT * FROM item"
      #expect(try await client.read(sql).first?.get("id", as: Int.self) == 1)
      try database.script("ALTER TABLE item ADD COLUMN name text DEFAULT 'new'")
      #expect(try await client.read(sql).first?.get("name", as: String.self) == "new")
    }
  }

  @Test func oneTextWithDifferentParameterTypesIsPreparedForEach() async throws {
    try await withDatabase { (client, _) async throws -> Void in
      func read(_ value: some PostgresBindable) async throws -> String? {
        try await client.read("SELECT pg_typeof(\(value))::text AS t").first?.get("t", as: String.self)
      }
      #expect(try await read(1) == "bigint")
      #expect(try await read(true) == "boolean")
      #expect(try await read(1) == "bigint")
    }
  }

  @Test func passwordsAreCheckedOverTCP() async throws {
    let server = try TemporaryPostgres.shared()
    let database = try server.makeDatabase()
    var configuration = database.application
    configuration.address = .tcp(host: "127.0.0.1", port: server.port)
    try await withPostgresClient(configuration) { (client) async throws -> Void in
      #expect(
        try await client.read("SELECT current_user::text AS me").first?.get("me", as: String.self)
          == database.applicationRole)
      #expect(try await client.transaction { try await $0.query("SELECT 1 AS n").count } == 1)
    }
    configuration.password = PostgresPassword("wrong")
    configuration.limits.queue = .milliseconds(300)
    configuration.limits.transactionWait = .milliseconds(300)
    try await withPostgresClient(configuration) { client in
      #expect(await failure { try await client.ping() } == .timeout)
      #expect(
        await failure { try await client.transaction { try await $0.query("SELECT 1").count } } == .connectionLost)
    }
  }

  @Test func aShutDownClientRefuses() async throws {
    let database = try TemporaryPostgres.shared().makeDatabase()
    let client = try await withPostgresClient(database.application) { client in
      try await client.ping()
      return client
    }
    #expect(await failure { try await client.ping() } == .shutDown)
    #expect(await failure { try await client.transaction { try await $0.query("SELECT 1").count } } == .shutDown)
  }
}
