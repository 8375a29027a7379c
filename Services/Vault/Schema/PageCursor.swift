import FoundationEssentials
import Model

/// Where the next page of a list ordered by time and id begins. Opaque to callers.
struct PageCursor: Sendable {
  var time: Date
  var id: String

  private static let microsecondsPerSecond = 1_000_000.0
  /// Until the year 2255.
  private static let range: ClosedRange<Int64> = 0...9_000_000_000_000_000

  init(time: Date, id: String) {
    self.time = time
    self.id = id
  }

  /// - Throws: `invalid_request` for a cursor that no page gave.
  init?(_ page: PageRequest) throws {
    guard let text = page.cursor else { return nil }
    let parts = text.split(separator: ".", maxSplits: 1)
    guard parts.count == 2, let microseconds = Int64(parts[0]), Self.range.contains(microseconds),
      parts[1].utf8.count <= 100, !parts[1].utf8.contains(0)
    else { throw Self.invalid }
    self.init(
      time: Date(timeIntervalSince1970: Double(microseconds) / Self.microsecondsPerSecond), id: String(parts[1]))
  }

  var text: String { "\(Int64((time.timeIntervalSince1970 * Self.microsecondsPerSecond).rounded())).\(id)" }

  /// - Throws: `invalid_request` outside 1 ... ``PageRequest/maximumLimit``.
  static func limit(_ page: PageRequest) throws -> Int {
    guard (1...PageRequest.maximumLimit).contains(page.limit) else {
      throw ServiceError(.invalidRequest, "limit must be from 1 to \(PageRequest.maximumLimit).")
    }
    return page.limit
  }

  static let invalid = ServiceError(.invalidRequest, "cursor is not one that a page of this list gave.")
}
