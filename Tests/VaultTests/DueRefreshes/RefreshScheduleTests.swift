import Foundation
import Testing

@testable import VaultKit

/// When a Connection is refreshed without anyone asking, each rule with its numbers.
@Suite struct RefreshScheduleTests {
  private static let start = Date(timeIntervalSince1970: 1_800_000_000)
  private static let day = 86_400.0

  /// Seconds after the tokens were received, and why.
  private func due(
    lifetime: Double?, idleDays: Int? = nil, jitter: Double = 0
  ) -> (seconds: Double, reason: RefreshSchedule.Reason)? {
    RefreshSchedule(
      receivedAt: Self.start, expiresAt: lifetime.map { Self.start + $0 }, idleDays: idleDays, jitter: jitter
    ).map { ($0.due.timeIntervalSince(Self.start).rounded(), $0.reason) }
  }

  @Test func aTenthToAQuarterOfTheLifetimeIsLeft() throws {
    #expect(try #require(due(lifetime: 3_600)) == (3_240, .expiry))
    #expect(try #require(due(lifetime: 3_600, jitter: 1)) == (2_700, .expiry))
  }

  @Test func ofShortLivesAMinuteIsLeftAndAFifthAtMostWhereThatIsLess() throws {
    #expect(try #require(due(lifetime: 400)) == (340, .expiry))
    #expect(try #require(due(lifetime: 400, jitter: 1)) == (300, .expiry))
    #expect(try #require(due(lifetime: 150)) == (120, .expiry))
  }

  @Test func tokensThatLiveVeryShortAreLeftToWhoeverNeedsThem() {
    #expect(due(lifetime: 119) == nil)
    #expect(due(lifetime: -1) == nil)
  }

  @Test func tokensWithoutAnEndAreRefreshedOnlyBeforeTheyAreForgotten() throws {
    #expect(due(lifetime: nil) == nil)
    #expect(try #require(due(lifetime: nil, idleDays: 60)) == (36 * Self.day, .idle))
    #expect(try #require(due(lifetime: nil, idleDays: 60, jitter: 1)) == (45 * Self.day, .idle))
  }

  @Test func theEarlierReasonCounts() throws {
    #expect(try #require(due(lifetime: 3_600, idleDays: 60)).reason == .expiry)
    #expect(try #require(due(lifetime: 90 * Self.day, idleDays: 30)) == (18 * Self.day, .idle))
  }

  @Test func tenThousandThatExpireTogetherAreSpreadOverNineMinutes() {
    var perSecond: [Int: Int] = [:]
    for _ in 0..<10_000 {
      let schedule = RefreshSchedule(
        receivedAt: Self.start, expiresAt: Self.start + 3_600, idleDays: nil, jitter: .random(in: 0..<1))
      perSecond[Int(schedule?.due.timeIntervalSince(Self.start) ?? 0), default: 0] += 1
    }
    let busiest = perSecond.values.max() ?? 0
    print("figure: of 10,000 Connections that expire in one second, at most \(busiest) are due in one second")
    #expect(perSecond.count > 500)
    #expect(busiest < 60)
  }
}
