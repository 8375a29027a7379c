import Foundation
import Model
import Testing

@testable import GatewayKit

/// The uses of a Connection, of which two services have record.
@Suite struct ConnectionUseTests {
  /// A list of uses as one service has it, newest first: each number is the second of one.
  private static func uses(_ seconds: [Int], before position: Int64?, limit: Int) -> Page<ConnectionUse> {
    let all = seconds.sorted().enumerated().map { index, second in
      ConnectionUse(
        id: AuditEventID(rawValue: "evt_\(second)"), occurredAt: Date(timeIntervalSince1970: Double(second)),
        action: "used", actor: Actor(kind: .member), outcome: "succeeded", sequence: Int64(index + 1))
    }
    let left = all.reversed().filter { ($0.sequence ?? 0) < position ?? .max }
    return Page(items: Array(left.prefix(limit)), nextCursor: left.count > limit ? "more" : nil)
  }

  @Test(arguments: [
    ([], []), ([1, 2, 3], []), ([], [1, 2, 3]), ([1, 3, 5, 7], [2, 4, 6, 8]), ([10, 11, 12], [1, 2, 3]),
    ([1, 2, 3], [10, 11, 12]), ([5], [1, 2, 3, 4, 6, 7, 8, 9]),
  ])
  func pagesTogetherAreBothListsNewestFirst(_ tokens: [Int], _ calls: [Int]) throws {
    let expected = (tokens + calls).sorted(by: >).map { "evt_\($0)" }
    for limit in 1...9 {
      var seen: [String] = []
      var cursor: String?
      var pages = 0
      repeat {
        let start = try AuditCursor(cursor)
        let page = ConnectionManagement.page(
          Self.uses(tokens, before: start.vault, limit: limit), Self.uses(calls, before: start.policy, limit: limit),
          after: start, limit: limit)
        #expect(page.items.count == limit || page.nextCursor == nil)
        seen += page.items.map(\.id.rawValue)
        cursor = page.nextCursor
        pages += 1
      } while cursor != nil && pages <= expected.count
      #expect(seen == expected, "limit \(limit)")
    }
  }
}
