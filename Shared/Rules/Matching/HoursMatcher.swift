import FoundationEssentials
import Model

/// ``RuleHours``, ready to be asked.
struct HoursMatcher: Sendable {
  private let zone: TimeZone
  /// A bit for each day, Monday first.
  private let days: UInt8
  private let window: Range<Int>?
  private let goesPastMidnight: Bool

  private static let secondsOfDay = 86_400
  private static let secondsOfMinute = 60
  /// 1 January 1970 was a Thursday: so many days after a Monday.
  private static let weekdayOfEpoch = 3

  init(_ hours: RuleHours) {
    zone = hours.timeZone
    days = RuleHours.Day.allCases.enumerated().reduce(0) { bits, day in
      hours.days?.contains(day.element) ?? true ? bits | 1 << day.offset : bits
    }
    let from = hours.window?.from.minutes ?? 0
    let to = hours.window?.to.minutes ?? 0
    goesPastMidnight = to < from
    window = hours.window.map { _ in min(from, to)..<max(from, to) }
  }

  func contains(_ now: Date) -> Bool {
    let seconds = Int(now.timeIntervalSince1970.rounded(.down)) + zone.secondsFromGMT(for: now)
    let day = Int((Double(seconds) / Double(Self.secondsOfDay)).rounded(.down))
    let minute = (seconds - day * Self.secondsOfDay) / Self.secondsOfMinute
    guard let window else { return has(day) }
    guard goesPastMidnight else { return has(day) && window.contains(minute) }
    // The window's ends are the other way round: before its lower end it is still the night that began yesterday.
    if minute < window.lowerBound { return has(day - 1) }
    return minute >= window.upperBound && has(day)
  }

  private func has(_ day: Int) -> Bool {
    let weekday = ((day + Self.weekdayOfEpoch) % 7 + 7) % 7
    return days & 1 << weekday != 0
  }
}
