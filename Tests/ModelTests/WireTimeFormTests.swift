import Foundation
import Model
import Testing

/// The hand-written form of times against the general one.
@Suite struct WireTimeFormTests {
  private static let general = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
  private static let cases = 50_000

  @Test func anyTimeIsWrittenAndReadAsTheGeneralFormatterDoes() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<Self.cases {
      // From 1970, since the general formatter cuts off towards zero and gets half a millisecond more, to the year 9999.
      let milliseconds = Int.random(in: 0..<253_402_300_800_000, using: &generator)
      let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
      let text = WireTime.text(date)
      #expect(text == Self.general.format(date.addingTimeInterval(0.000_5)))
      let read = try #require(WireTime.date(text))
      #expect(Int((read.timeIntervalSince1970 * 1_000).rounded()) == milliseconds)
    }
    print("figure: \(Self.cases) random times, 0 differ from the general formatter")
  }

  @Test(arguments: [
    "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-32T00:00:00Z",
    "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-1-1T0:0:0Z",
    "", "Z", "z", "+00:00", "2026-01-01T00:00:00+01:00", "2026-01-01T00:00:00Z+00:00", "2026-01-01T00:00:00+0000",
    "2026-01-01T00:00:00.1Z5", "２０２６-01-01T00:00:00Z",
  ])
  func whatIsNoTimeIsRefused(_ text: String) {
    #expect(WireTime.date(text) == nil)
  }

  @Test(arguments: [
    "2024-02-29T23:59:59+00:00", "2024-02-29T23:59:59-00:00", "2024-02-29t23:59:59z",
    "2024-02-29T23:59:59.000000+00:00",
  ])
  func everyWayToWriteUTCIsRead(_ text: String) {
    #expect(WireTime.date(text) == Date(timeIntervalSince1970: 1_709_251_199))
  }

  @Test func leapDaysAndShortFormsAreRead() {
    #expect(WireTime.date("2024-02-29T23:59:59Z") == Date(timeIntervalSince1970: 1_709_251_199))
    #expect(WireTime.date("2024-02-29T23:59:59.250Z") == Date(timeIntervalSince1970: 1_709_251_199.25))
    #expect(WireTime.date("2024-02-29T23:59:59.5Z") == Date(timeIntervalSince1970: 1_709_251_199.5))
    #expect(WireTime.date("2024-02-29T23:59:59.250999Z") == Date(timeIntervalSince1970: 1_709_251_199.25))
    #expect(WireTime.text(Date(timeIntervalSince1970: 1_709_251_199.250_4)) == "2024-02-29T23:59:59.250Z")
  }

  @Test func oldTimesFollowTheSameCalendar() {
    #expect(WireTime.text(Date(timeIntervalSince1970: -1)) == "1969-12-31T23:59:59.000Z")
    #expect(WireTime.text(Date(timeIntervalSince1970: -11_676_096_000)) == "1600-01-01T00:00:00.000Z")
    #expect(WireTime.date("0001-01-01T00:00:00Z") == Date(timeIntervalSince1970: -62_135_596_800))
    #expect(WireTime.text(.distantFuture) == "4001-01-01T00:00:00.000Z")
    #expect(WireTime.text(Date(timeIntervalSince1970: 1e15)) == "9999-12-31T23:59:59.999Z")
  }
}
