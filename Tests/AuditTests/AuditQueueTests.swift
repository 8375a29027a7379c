import Model
import TestSupport
import Testing

@testable import Audit

@Suite struct AuditQueueTests {
  private let row: AuditRow

  init() throws { row = try AuditRow(.example()) }

  @Test func aFullQueueRefusesAndRecovers() async throws {
    let queue = AuditQueue(capacity: 3)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<3 { group.addTask { try await queue.append(row) } }
      while queue.count < 3 { try await letOthersRun() }
      await #expect(throws: AuditError.queueFull) { try await queue.append(row) }
      let batch = await queue.nextBatch(limit: 10)
      #expect(batch?.count == 3)
      for entry in batch ?? [] { entry.caller.resume() }
      try await group.waitForAll()
    }
    #expect(queue.count == 0)
  }

  @Test func aCancelledCallerLeavesAndItsEntryIsNotWritten() async throws {
    let queue = AuditQueue(capacity: 3)
    let caller = Task { try await queue.append(row) }
    while queue.count < 1 { try await letOthersRun() }
    caller.cancel()
    await #expect(throws: CancellationError.self) { try await caller.value }
    #expect(queue.count == 0)
    // Also when it was cancelled before it came.
    let late = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      try await queue.append(row)
    }
    await #expect(throws: CancellationError.self) { try await late.value }
    #expect(queue.count == 0)
  }

  @Test func batchesKeepTheOrderOfArrivalAndTheLimit() async throws {
    let queue = AuditQueue(capacity: 100)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<10 {
        let row = try AuditRow(.example("org_a", number))
        group.addTask { try await queue.append(row) }
        while queue.count <= number { try await letOthersRun() }
      }
      var seen: [String?] = []
      var sizes: [Int] = []
      while seen.count < 10, let batch = await queue.nextBatch(limit: 4) {
        sizes.append(batch.count)
        for entry in batch {
          seen.append(entry.row.requestId)
          entry.caller.resume()
        }
        queue.ended(batch)
      }
      #expect(seen == (0..<10).map { "req_\($0)" })
      #expect(sizes == [4, 4, 2])
      try await group.waitForAll()
    }
  }

  @Test(.timeLimit(.minutes(1))) func noTwoBatchesHoldTheSameChain() async throws {
    let queue = AuditQueue(capacity: 100)
    func number(_ entry: AuditQueue.Waiting) -> String? { entry.row.requestId }
    try await withThrowingTaskGroup(of: Void.self) { group in
      func add(_ chain: String, _ number: Int) async throws {
        let (row, before) = (try AuditRow(.example(chain, number)), queue.count)
        group.addTask { try await queue.append(row) }
        while queue.count <= before { try await letOthersRun() }
      }
      try await add("org_a", 0)
      let first = try #require(await queue.nextBatch(limit: 10))
      // A second worker finds nothing of that chain, whatever comes, and is woken by another chain's entry.
      let second = Task { await queue.nextBatch(limit: 10) }
      while queue.idleCount < 1 { try await letOthersRun() }
      try await add("org_a", 1)
      #expect(queue.idleCount == 1, "not even woken")
      try await add("org_a", 2)
      group.addTask { [row = try AuditRow(.example("org_b", 3))] in try await queue.append(row) }
      let other = try #require(await second.value)
      #expect(other.map(number) == ["req_3"])
      for entry in first + other { entry.caller.resume() }
      queue.ended(first)
      let third = try #require(await queue.nextBatch(limit: 1))
      #expect(third.map(number) == ["req_1"])
      queue.ended(other)
      queue.ended(third)
      let last = try #require(await queue.nextBatch(limit: 10))
      #expect(last.map(number) == ["req_2"])
      for entry in third + last { entry.caller.resume() }
      try await group.waitForAll()
    }
  }

  @Test func aClosedQueueHandsOutTheRestThenEnds() async throws {
    let queue = AuditQueue(capacity: 3)
    let caller = Task { try await queue.append(row) }
    while queue.count < 1 { try await letOthersRun() }
    queue.close()
    await #expect(throws: AuditError.notRunning) { try await queue.append(row) }
    let batch = await queue.nextBatch(limit: 10)
    #expect(batch?.count == 1)
    batch?.first?.caller.resume()
    try await caller.value
    #expect(await queue.nextBatch(limit: 10) == nil)
  }

  @Test(.timeLimit(.minutes(1))) func whatWaitsBehindABatchIsHandedOutAfterTheQueueHasClosed() async throws {
    let queue = AuditQueue(capacity: 3)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<3 {
        group.addTask { [row = try AuditRow(.example("org_a", number))] in try await queue.append(row) }
        while queue.count <= number { try await letOthersRun() }
      }
      let first = try #require(await queue.nextBatch(limit: 2))
      let idle = Task { await queue.nextBatch(limit: 2) == nil }
      while queue.idleCount < 1 { try await letOthersRun() }
      queue.close()
      #expect(await idle.value, "the worker with the chain's batch has the rest")
      for entry in first { entry.caller.resume() }
      queue.ended(first)
      let rest = try #require(await queue.nextBatch(limit: 2))
      #expect(rest.map(\.row.requestId) == ["req_2"])
      for entry in rest { entry.caller.resume() }
      queue.ended(rest)
      #expect(await queue.nextBatch(limit: 2) == nil)
      try await group.waitForAll()
    }
  }

  @Test func closingWakesIdleWorkersAndCanTurnWaitersAway() async throws {
    let queue = AuditQueue(capacity: 3)
    let workers = (0..<3).map { _ in Task { await queue.nextBatch(limit: 1) == nil } }
    while queue.idleCount < 3 { try await letOthersRun() }
    queue.close()
    for worker in workers { #expect(await worker.value) }

    let other = AuditQueue(capacity: 3)
    let caller = Task { try await other.append(row) }
    while other.count < 1 { try await letOthersRun() }
    other.closeAndRefuseWaiting()
    await #expect(throws: AuditError.notRunning) { try await caller.value }
  }

  @Test func noEntryIsLostBetweenManyCallersAndWorkers() async throws {
    let queue = AuditQueue(capacity: 10_000)
    let handled = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          var handled = 0
          while let batch = await queue.nextBatch(limit: 3) {
            handled += batch.count
            for entry in batch { entry.caller.resume() }
            queue.ended(batch)
          }
          return handled
        }
      }
      group.addTask {
        try await withThrowingTaskGroup(of: Void.self) { callers in
          for _ in 0..<2_000 { callers.addTask { try await queue.append(row) } }
          try await callers.waitForAll()
        }
        queue.close()
        return 0
      }
      return try await group.reduce(0, +)
    }
    #expect(handled == 2_000)
  }
}
