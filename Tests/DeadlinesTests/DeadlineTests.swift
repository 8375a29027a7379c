import Synchronization
import Testing

@testable import Deadlines

/// Time limits, and what is left of them.
@Suite struct DeadlineTests {
  private struct Failure: Error {}

  /// Nothing in these tests lasts as long.
  private static let long = Duration.seconds(600)
  /// Ends when its task is cancelled, and says so.
  private static let endless: @Sendable () async throws -> Void = { try await Task.sleep(for: long) }

  @Test func workThatEndsInTimeAnswers() async throws {
    #expect(try await withDeadline(Self.long) { 7 } == 7)
    await #expect(throws: Failure.self) { try await withDeadline(Self.long) { throw Failure() } }
  }

  @Test func workThatTakesLongerIsCancelledAndWaitedFor() async throws {
    let wasCancelled = Atomic(false)
    await #expect(throws: DeadlineExceeded.self) {
      try await withDeadline(.milliseconds(20)) {
        defer { wasCancelled.store(Task.isCancelled, ordering: .relaxed) }
        try await Self.endless()
      }
    }
    let itWas = wasCancelled.load(ordering: .relaxed)
    #expect(itWas)
  }

  @Test func aDeadlineInThePastEndsTheWork() async throws {
    await #expect(throws: DeadlineExceeded.self) { try await withDeadline(.now - .seconds(5), Self.endless) }
  }

  @Test func whoGivesUpIsNotToldOfADeadline() async throws {
    let task = Task { try await withDeadline(Self.long, Self.endless) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func theWorkKnowsWhatItsCallerKnows() async throws {
    let seen = try await Known.$name.withValue("caller") { try await withDeadline(Self.long) { Known.name } }
    #expect(seen == "caller")
  }

  @Test func pausesEndByThemselvesOrWhenCancelled() async throws {
    let start = ContinuousClock.now
    try await pause(for: .milliseconds(30))
    #expect(ContinuousClock.now - start >= .milliseconds(30))
    let task = Task { try await pause(for: Self.long) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func everyAlarmComesInItsOrderAndNeverEarly() async throws {
    let alarms = Alarms()
    let start = ContinuousClock.now
    let delays = (0..<200).map { _ in Int.random(in: 0...400) }
    let (calls, arrive) = AsyncStream.makeStream(of: (Int, Duration).self)
    for delay in delays {
      _ = alarms.set(at: start + .milliseconds(delay)) { arrive.yield((delay, ContinuousClock.now - start)) }
    }
    var found: [Int] = []
    for await (delay, time) in calls.prefix(delays.count) {
      #expect(time >= .milliseconds(delay))
      found.append(delay)
    }
    #expect(found.sorted() == delays.sorted())
    #expect(alarms.count == 0)
  }

  @Test func nothingIsLeftOfAHundredThousandLimits() async throws {
    let alarms = Alarms()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<10 {
        group.addTask {
          for number in 0..<10_000 {
            alarms.takeBack(alarms.set(at: .now + .milliseconds(number)) {})
          }
        }
      }
    }
    #expect(alarms.count == 0)
    // And the table is looked at again when something comes into it after a time of nothing.
    await withCheckedContinuation { continuation in
      _ = alarms.set(at: .now + .milliseconds(120)) { continuation.resume() }
    }
    #expect(alarms.count == 0)
  }
}

private enum Known {
  @TaskLocal static var name = ""
}
