import Synchronization
import Testing

@testable import SingleFlight

/// Opens once, for everyone who waits at it.
private actor Gate {
  private var isOpen = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func open() {
    isOpen = true
    for continuation in waiting { continuation.resume() }
    waiting = []
  }

  func pass() async {
    if isOpen { return }
    await withCheckedContinuation { waiting.append($0) }
  }
}

private struct Refused: Error {}

@Suite struct SingleFlightTests {
  @Test func fiftyCallersCauseOneRun() async throws {
    let flights = SingleFlight<String, Int>()
    let runs = Mutex(0)
    let gate = Gate()
    let arrived = Mutex(0)
    let values = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<50 {
        group.addTask {
          arrived.withLock { $0 += 1 }
          return try await flights.run("key") {
            await gate.pass()
            return runs.withLock {
              $0 += 1
              return $0
            }
          }
        }
      }
      while arrived.withLock({ $0 }) < 50 { await Task.yield() }
      await gate.open()
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let total = runs.withLock { $0 }
    #expect(values.count == 50)
    // A caller that was slow to enter may have found the first run ended; what counts is that concurrent ones shared it.
    #expect(total < 50)
    #expect(Set(values).count == total)
    print("figure: 50 concurrent callers, \(total) run(s)")
    #expect(flights.count == 0)
  }

  @Test func aCancelledFirstCallerLeavesTheOthersTheirValue() async throws {
    let flights = SingleFlight<String, Int>()
    let gate = Gate()
    let started = Gate()
    let first = Task {
      try await flights.run("key") {
        await started.open()
        await gate.pass()
        return 7
      }
    }
    await started.pass()
    let second = Task { try await flights.run("key") { 8 } }
    first.cancel()
    await gate.open()
    let value = try await second.value
    #expect(value == 7 || value == 8)
    #expect(flights.count == 0)
  }

  @Test func aFailureIsForgotten() async throws {
    let flights = SingleFlight<String, Int>()
    await #expect(throws: Refused.self) { try await flights.run("key") { throw Refused() } }
    #expect(try await flights.run("key") { 1 } == 1)
  }

  @Test func keysDoNotWaitForEachOther() async throws {
    let flights = SingleFlight<Int, Int>()
    let gate = Gate()
    async let slow = flights.run(1) {
      await gate.pass()
      return 1
    }
    #expect(try await flights.run(2) { 2 } == 2)
    await gate.open()
    #expect(try await slow == 1)
  }
}
