import Foundation
import Testing

@testable import PolicyKit

@Suite("The schedule of deliveries")
struct DeliveryScheduleTests {
  private static let began = Date(timeIntervalSince1970: 1_767_225_600)

  private func next(_ attempts: Int, after seconds: Double = 0, jitter: Double) -> Double? {
    let now = Self.began + seconds
    return DeliverySchedule.next(after: attempts, began: Self.began, now: now, jitter: jitter)?.timeIntervalSince(now)
  }

  @Test func theBoundDoublesUpToTheLongestPause() {
    let bounds = (1...20).compactMap { next($0, jitter: 1) }
    #expect(bounds.prefix(4) == [5, 10, 20, 40])
    #expect(bounds.last == DeliverySchedule.longestSeconds)
    #expect(bounds == bounds.sorted())
    #expect(next(1_000, jitter: 1) == DeliverySchedule.longestSeconds)
  }

  @Test func thePauseIsAnywhereBelowTheBound() {
    #expect(next(5, jitter: 0) == 0)
    #expect(next(5, jitter: 0.5) == 40)
  }

  @Test func afterThreeDaysItIsGivenUpAndNotBefore() {
    let days = DeliverySchedule.lifetimeSeconds
    #expect(next(20, after: days - 1, jitter: 0.9) == 1, "the last attempt is made at the end")
    #expect(next(20, after: days, jitter: 0) == nil)
    #expect(next(1, after: days + 1, jitter: 0) == nil)
  }

  /// How many attempts a receiver that is down for three days sees.
  @Test func aDeliveryIsTriedAFewDozenTimes() {
    var random = SystemRandomNumberGenerator()
    var (attempts, seconds) = (0, 0.0)
    while true {
      attempts += 1
      guard let pause = next(attempts, after: seconds, jitter: .random(in: 0..<1, using: &random)) else { break }
      seconds += pause
    }
    #expect((20...80).contains(attempts))
  }
}
