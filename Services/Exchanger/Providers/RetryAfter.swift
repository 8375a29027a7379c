import FoundationEssentials

/// How long a provider asks to wait, by the header `Retry-After` (RFC 9110 section 10.2.3).
enum RetryAfter {
  /// A provider may ask for an hour at most: longer is taken for a mistake.
  private static let longestSeconds = 3_600.0
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// Reads both forms, seconds and a date. Nil for anything else, which counts as absent.
  static func seconds(_ text: String?, at now: Date) -> Int? {
    guard let text else { return nil }
    guard let wish = Int(text).map(Double.init) ?? date(text)?.timeIntervalSince(now) else { return nil }
    return Int(min(max(wish, 0), longestSeconds).rounded(.up))
  }

  /// A date in the one form that may be sent, `Sun, 06 Nov 1994 08:49:37 GMT` (section 5.6.7).
  private static func date(_ text: String) -> Date? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else { return nil }
    let numbers = ([parts[1], parts[3]] + parts[4].split(separator: ":")).compactMap { Int($0) }
    guard numbers.count == 5, let utc = TimeZone(secondsFromGMT: 0) else { return nil }
    let moment = DateComponents(
      calendar: Calendar(identifier: .gregorian), timeZone: utc, year: numbers[1], month: month + 1, day: numbers[0],
      hour: numbers[2], minute: numbers[3], second: numbers[4])
    return moment.isValidDate ? moment.date : nil
  }
}
