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

/// Counts, and lets one wait for a count.
private actor Counter {
  private(set) var value = 0
  private var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

  @discardableResult
  func increment() -> Int {
    value += 1
    for entry in waiting where entry.count <= value { entry.continuation.resume() }
    waiting.removeAll { $0.count <= value }
    return value
  }

  func reach(_ count: Int) async {
    if value >= count { return }
    await withCheckedContinuation { waiting.append((count, $0)) }
  }
}

private struct Refused: Error {}

@Suite struct SingleFlightTests {
  @Test func fiftyCallersCauseOneRun() async throws {
    let flights = SingleFlight<String, Int>()
    let runs = Counter()
    let arrived = Counter()
    let gate = Gate()
    let values = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<50 {
        group.addTask {
          await arrived.increment()
          return try await flights.run("key") {
            let run = await runs.increment()
            await gate.pass()
            return run
          }
        }
      }
      await arrived.reach(50)
      await gate.open()
      return try await group.reduce(into: [Int]()) { $0.append($1) }
    }
    // Whoever was slow to enter may find the first run ended and start another; those who were in time shared it.
    let total = await runs.value
    #expect(values.count == 50)
    #expect(Set(values).count == total)
    #expect(total < 50)
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
