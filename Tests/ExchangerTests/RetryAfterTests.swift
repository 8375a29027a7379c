import Foundation
import Testing

@testable import ExchangerKit

@Suite struct RetryAfterTests {
  /// 1994-11-06 08:49:00 UTC.
  private static let now = Date(timeIntervalSince1970: 784_111_740)

  @Test(
    arguments: [
      (nil, nil), ("", nil), ("soon", nil), ("1.5", nil), ("7", 7), ("0", 0), ("-7", 0), ("3601", 3_600),
      ("Sun, 06 Nov 1994 08:49:37 GMT", 37), ("Sun, 06 Nov 1994 08:48:37 GMT", 0),
      ("Fri, 31 Dec 2100 23:59:59 GMT", 3_600), ("Sun, 06 Nov", nil),
    ] as [(String?, Int?)])
  func bothFormsAreReadAndAnHourIsTheMost(text: String?, seconds: Int?) {
    #expect(RetryAfter.seconds(text, at: Self.now) == seconds)
  }
}
