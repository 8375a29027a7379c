import PostgreSQL
import TestSupport
import Testing

private struct Changed: Error {}

struct TransactionTests {
  private static let script = "CREATE TABLE item (id bigint PRIMARY KEY, n bigint NOT NULL DEFAULT 0)"

  private func count(_ client: PostgresClient) async throws -> Int? {
    try await client.read("SELECT count(*) AS n FROM item").first?.get("n", as: Int.self)
  }

  @Test func aTransactionCommitsWhenItsClosureReturns() async throws {
    try await withDatabase(Self.script) { client, _ in
      let result = try await client.transaction { transaction in
        try await transaction.query("INSERT INTO item (id) VALUES (\(1))")
        #expect(try await transaction.execute("INSERT INTO item (id) VALUES (\(2)), (\(3))") == 2)
        #expect(try await self.count(client) == 0, "nobody else sees it yet")
        return "done"
      }
      #expect(result == "done")
      #expect(try await self.count(client) == 3)
    }
  }

  @Test func aTransactionRollsBackWhenItsClosureThrows() async throws {
    try await withDatabase(Self.script) { (client, _) async throws -> Void in
      await #expect(throws: Changed.self) {
        try await client.transaction { transaction in
          try await transaction.query("INSERT INTO item (id) VALUES (\(1))")
          throw Changed()
        }
      }
      #expect(try await self.count(client) == 0)
    }
  }

  @Test func aSwallowedErrorStillRollsBack() async throws {
    try await withDatabase(Self.script) { (client, _) async throws -> Void in
      let error = await failure {
        try await client.transaction { transaction in
          try await transaction.query("INSERT INTO item (id) VALUES (\(1))")
          _ = try? await transaction.query("SELECT 1 / \(0)")
        }
      }
      #expect(error?.sqlState == .inFailedTransaction)
      #expect(try await self.count(client) == 0)
    }
  }

  @Test func aTransactionCannotBeUsedAfterItsEnd() async throws {
    try await withDatabase(Self.script) { client, _ in
      let escaped = try await client.transaction { $0 }
      #expect(await failure { try await escaped.query("SELECT 1").count } == .transactionEnded)
    }
  }

  @Test func aLostRaceCanBeRunAgain() async throws {
    try await withDatabase(Self.script + "; INSERT INTO item (id) VALUES (1)") { client, _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<3 {
          group.addTask {
            try await client.retryingTransaction(attempts: 50) { transaction in
              let row = try await transaction.query("SELECT n FROM item WHERE id = 1").first
              let n = try row?.get("n", as: Int.self) ?? 0
              try await transaction.query("UPDATE item SET n = \(n + 1) WHERE id = 1")
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await client.read("SELECT n FROM item").first?.get("n", as: Int.self) == 3)
    }
  }

  @Test func aTransactionThatADeadlockHasEndedIsRunAgain() async throws {
    try await withDatabase(Self.script + "; INSERT INTO item (id) VALUES (1), (2)") { client, database in
      let runs = Shared(0)
      try await database.server.crossing(
        in: database.name, first: "UPDATE item SET n = n + 10 WHERE id = 2",
        second: "UPDATE item SET n = n + 10 WHERE id = 1"
      ) {
        try await client.retryingTransaction(isolation: .readCommitted) { transaction in
          runs.update { $0 += 1 }
          try await transaction.query("UPDATE item SET n = n + 1 WHERE id = 1")
          try await transaction.query("UPDATE item SET n = n + 1 WHERE id = 2")
        }
      }
      #expect(runs.value == 2)
      #expect(try await client.read("SELECT n FROM item").map { try $0.get("n", as: Int.self) } == [11, 11])
    }
  }

  @Test func racesThatAreLostAgainAndAgainAreGivenUp() async throws {
    try await withDatabase(Self.script) { client, _ in
      let runs = Shared(0)
      let error = await failure {
        try await client.retryingTransaction(attempts: 3) { transaction in
          runs.update { $0 += 1 }
          return try await transaction.query(
            "DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = 'serialization_failure'; END $$"
          ).count
        }
      }
      #expect(error?.sqlState == .serializationFailure)
      #expect(runs.value == 3)
    }
  }

  @Test func aSerializationFailureIsReportedAsSuch() async throws {
    try await withDatabase(Self.script + "; INSERT INTO item (id) VALUES (1)") { client, _ in
      let error = await failure {
        try await client.transaction(isolation: .repeatableRead) { transaction in
          _ = try await transaction.query("SELECT n FROM item")
          try await client.write("UPDATE item SET n = n + 1")
          try await transaction.query("UPDATE item SET n = n + 1")
        }
      }
      #expect(error?.sqlState == .serializationFailure)
      #expect(error?.isRetryableConflict == true)
    }
  }

  @Test func anExhaustedPoolTimesOut() async throws {
    try await withDatabase(
      configure: Adjustment {
        $0.transactionConnections = 2
        $0.limits.transactionWait = .seconds(1)
      }
    ) { client, _ in
      let error = try await client.transaction { first in
        try await first.query("SELECT 1")
        return try await client.transaction { second in
          try await second.query("SELECT 1")
          return await failure { try await client.transaction { try await $0.query("SELECT 1").count } }
        }
      }
      #expect(error == .poolTimeout)
      #expect(try await client.transaction { try await $0.query("SELECT 1").count } == 1)
    }
  }

  @Test func waitersGetConnectionsInTurn() async throws {
    try await withDatabase(Self.script, configure: Adjustment { $0.transactionConnections = 2 }) { client, _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<200 {
          group.addTask {
            _ = try await client.transaction { try await $0.execute("INSERT INTO item (id) VALUES (\(number))") }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await self.count(client) == 200)
    }
  }

  @Test func cancelledTransactionsNeverReturnADirtyConnection() async throws {
    try await withDatabase(Self.script, configure: Adjustment { $0.transactionConnections = 2 }) { client, _ in
      let committed = Shared(0)
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<200 {
          group.addTask {
            let task = Task {
              try await client.transaction { transaction in
                try await transaction.query("INSERT INTO item (id) VALUES (\(number))")
                try await transaction.query("SELECT pg_sleep(0.005)")
                try await transaction.query("SELECT set_config('lanyard.dirty', 'yes', true)")
              }
            }
            try? await Task.sleep(for: .milliseconds(number * 4))
            if number % 4 != 0 { task.cancel() }
            if case .success = await task.result { committed.update { $0 += 1 } }
          }
        }
      }
      for _ in 0..<20 {
        let row = try await client.transaction {
          try await $0.query("SELECT current_setting('lanyard.dirty', true) AS dirty, count(*) AS n FROM item").first
        }
        #expect(try row?.get("dirty", as: String?.self) ?? "" == "")
        #expect(try row?.get("n", as: Int.self) == committed.value)
      }
      #expect(committed.value >= 50)
      print("figure: 200 transactions, 150 cancelled on their way, \(committed.value) committed, dirty connections: 0")
    }
  }

  @Test func aCancelledStatementIsStoppedOnTheServer() async throws {
    try await withDatabase { client, _ in
      let task = Task {
        try await client.transaction { try await $0.query("SELECT pg_sleep(60), 'marker' AS m").count }
      }
      let running: SQL = """
        SELECT 1 AS n FROM pg_stat_activity WHERE query LIKE '%''marker'' AS m%' AND state = 'active'
          AND pid <> pg_backend_pid()
        """
      try await eventually { try await client.read(running).count == 1 }
      let clock = ContinuousClock()
      let start = clock.now
      task.cancel()
      await #expect(throws: PostgresError.cancelled) { try await task.value }
      try await eventually { try await client.read(running).isEmpty }
      #expect(start.duration(to: clock.now) < .seconds(40))
    }
  }

  @Test func savepointsAndLocalSettingsAreAllowed() async throws {
    try await withDatabase(Self.script) { client, _ in
      try await client.transaction { transaction in
        try await transaction.query("SET LOCAL lock_timeout = '1s'")
        try await transaction.query("INSERT INTO item (id) VALUES (1)")
        try await transaction.query("SAVEPOINT a")
        _ = try? await transaction.query("INSERT INTO item (id) VALUES (1)")
        try await transaction.query("ROLLBACK TO a")
      }
      #expect(try await self.count(client) == 1)
    }
  }
}
