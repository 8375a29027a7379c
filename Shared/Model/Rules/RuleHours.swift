public import FoundationEssentials
// Time zones by name come from here; without it only offsets from UTC are known.
import FoundationInternationalization

/// The times of the week at which a rule matches, by the clocks of a place.
public struct RuleHours: Hashable, Sendable {
  public enum Day: String, Codable, Sendable, CaseIterable {
    case monday = "mon"
    case tuesday = "tue"
    case wednesday = "wed"
    case thursday = "thu"
    case friday = "fri"
    case saturday = "sat"
    case sunday = "sun"

    /// By the first three letters or the whole English name.
    init?(anyName text: String) {
      guard let day = Self.allCases.first(where: { $0.rawValue == text || "\($0)" == text }) else { return nil }
      self = day
    }
  }

  /// A time of day: minutes since midnight, 0 to 1,440.
  public struct Time: Hashable, Sendable {
    public let minutes: Int

    /// Reads `HH:MM`, 00:00 to 24:00.
    public init?(_ text: String) {
      let bytes = Array(text.utf8)
      guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
      let digits = [bytes[0], bytes[1], bytes[3], bytes[4]].map { Int($0) - Int(UInt8(ascii: "0")) }
      guard digits.allSatisfy({ (0...9).contains($0) }) else { return nil }
      let minute = digits[2] * 10 + digits[3]
      minutes = (digits[0] * 10 + digits[1]) * 60 + minute
      guard minute < 60, minutes <= Self.dayEnd else { return nil }
    }

    /// As it stands on the wire.
    public var text: String {
      func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
      return "\(two(minutes / 60)):\(two(minutes % 60))"
    }

    /// Minutes of a day.
    static let dayEnd = 24 * 60
  }

  /// From the first minute until just before the last. One that ends before it begins goes on past midnight and belongs
  /// to the day on which it began.
  public struct Window: Hashable, Sendable {
    public let from: Time
    public let to: Time

    public init(from: Time, to: Time) {
      self.from = from
      self.to = to
    }

    /// Whether any minute is in it. Midnight has two names, and only from the first to the second there is a day.
    var hasLength: Bool {
      let isDay = from.minutes == 0 && to.minutes == Time.dayEnd
      return isDay || from.minutes % Time.dayEnd != to.minutes % Time.dayEnd
    }
  }

  public var timeZone: TimeZone
  /// Absent: every day.
  public var days: [Day]?
  /// Absent: the whole day.
  public var window: Window?

  public init(timeZone: TimeZone, days: [Day]? = nil, window: Window? = nil) {
    self.timeZone = timeZone
    self.days = days
    self.window = window
  }

  /// A time zone by its IANA name, such as `Europe/Berlin`.
  public static func timeZone(named name: String) -> TimeZone? { TimeZone(identifier: name) }
}

extension RuleHours: Encodable {
  private enum CodingKeys: String, CodingKey { case timeZone, days, from, to }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(timeZone.identifier, forKey: .timeZone)
    try container.encodeIfPresent(days, forKey: .days)
    try container.encodeIfPresent(window?.from.text, forKey: .from)
    try container.encodeIfPresent(window?.to.text, forKey: .to)
  }
}

extension RuleReader {
  mutating func hours(_ field: Field) -> RuleHours? {
    guard let object = object(field, known: ["timeZone", "days", "from", "to"]) else { return nil }
    let zone = required("timeZone", of: object) { $0.timeZone($1) }
    let days = list("days", of: object) { $0.day($1) }
    let from = optional("from", of: object) { $0.time($1) }
    let to = optional("to", of: object) { $0.time($1) }
    let (hasFrom, hasTo) = (object.members["from"] != nil, object.members["to"] != nil)
    if hasFrom != hasTo {
      report(object.place.appending(hasFrom ? "to" : "from"), "is missing: from and to go together")
    }
    if object.members["days"] == nil, !hasFrom, !hasTo {
      report(object.place, "must have days, or from and to, or both")
    }
    if let from, let to, !RuleHours.Window(from: from, to: to).hasLength {
      report(object.place.appending("to"), "must differ from from; the whole day is 00:00 to 24:00")
    }
    guard let zone else { return nil }
    var window: RuleHours.Window?
    if let from, let to { window = RuleHours.Window(from: from, to: to) }
    return RuleHours(timeZone: zone, days: days, window: window)
  }

  private mutating func day(_ field: Field) -> RuleHours.Day? {
    if case .string(let text) = field.value, let day = RuleHours.Day(anyName: text) { return day }
    return choice(field, of: RuleHours.Day.self)
  }

  private mutating func timeZone(_ field: Field) -> TimeZone? {
    guard let name = text(field, maximumBytes: RuleLimits.textBytes) else { return nil }
    guard let zone = RuleHours.timeZone(named: name) else {
      report(field.place, "is no known time zone; write its IANA name, for example Europe/Berlin")
      return nil
    }
    return zone
  }

  private mutating func time(_ field: Field) -> RuleHours.Time? {
    guard case .string(let text) = field.value, let time = RuleHours.Time(text) else {
      report(field.place, "must be a time of day from 00:00 to 24:00, for example 09:30")
      return nil
    }
    return time
  }
}
