import FoundationEssentials
import Model

/// Where a page of a list, newest first, goes on. Opaque to callers.
struct PageCursor: Hashable, Sendable {
  private static let microsecondsPerSecond = 1_000_000.0
  /// A century on either side of 2001: no row of ours is older or younger, and any such time fits every representation.
  private static let plausible = Int64(-3_200_000_000_000_000)...3_200_000_000_000_000

  /// The time of the last item of the page before.
  var time: Date
  /// Its id, which decides among items of the same time.
  var id: String

  init(time: Date, id: String) {
    self.time = time
    self.id = id
  }

  /// Reads what ``text`` wrote.
  /// - Throws: `invalid_request` for anything else.
  init(_ text: String) throws {
    let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    let standard = text.replacing("-", with: "+").replacing("_", with: "/") + padding
    guard let data = Data(base64Encoded: standard) else { throw Self.invalid }
    let parts = String(decoding: data, as: UTF8.self).split(separator: " ", maxSplits: 1)
    guard parts.count == 2, let microseconds = Int64(parts[0]), Self.plausible.contains(microseconds),
      parts[1].unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
    else { throw Self.invalid }
    time = Date(timeIntervalSinceReferenceDate: Double(microseconds) / Self.microsecondsPerSecond)
    id = String(parts[1])
  }

  /// The form in `nextCursor`.
  var text: String {
    let microseconds = Int64((time.timeIntervalSinceReferenceDate * Self.microsecondsPerSecond).rounded())
    return RandomText.base64URL("\(microseconds) \(id)".utf8)
  }

  private static let invalid = ServiceError(.invalidRequest, "The cursor is not one that a list has given back.")
}

extension PageRequest {
  /// The limit, if it is one.
  /// - Throws: `invalid_request` outside 1 to ``maximumLimit``.
  func checkedLimit() throws -> Int {
    guard (1...Self.maximumLimit).contains(limit) else {
      throw ServiceError(.invalidRequest, "limit must be 1 to \(Self.maximumLimit).")
    }
    return limit
  }

  /// The cursor, if there is one.
  func checkedCursor() throws -> PageCursor? { try cursor.map(PageCursor.init) }
}

extension Page {
  /// Makes a page of one item more than the limit: the surplus item only says that there is a next page.
  init(_ items: [Item], limit: Int, cursor: (Item) -> PageCursor) {
    let page = Array(items.prefix(limit))
    self.init(items: page, nextCursor: items.count > limit ? page.last.map { cursor($0).text } : nil)
  }
}
