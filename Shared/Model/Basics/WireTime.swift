public import FoundationEssentials

/// RFC 3339 times in UTC with milliseconds, the only text form of a time on the wire.
///
/// Written and read by hand: a Connection has four of them and crosses two processes on the hot path, where the general formatter took a
/// fifth of all the time.
public enum WireTime {
  /// From the year 1 to 9999, which is all that the form can say; times beyond are written as the nearest of these.
  private static let milliseconds = -62_135_596_800_000.0...253_402_300_799_999.0
  private static let millisecondsPerDay = 86_400_000

  /// `2026-01-02T03:04:05.678Z`
  public static func text(_ date: Date) -> String {
    let exact = (date.timeIntervalSince1970 * 1_000).rounded()
    let total = Int(min(max(exact, milliseconds.lowerBound), milliseconds.upperBound))
    let (days, rest) = total.flooredDivision(by: millisecondsPerDay)
    let day = CivilDay(daysSince1970: days)
    return String(unsafeUninitializedCapacity: 24) { bytes in
      var writer = DigitWriter(bytes: bytes)
      writer.write(day.year, digits: 4)
      writer.write("-")
      writer.write(day.month, digits: 2)
      writer.write("-")
      writer.write(day.day, digits: 2)
      writer.write("T")
      writer.write(rest / 3_600_000, digits: 2)
      writer.write(":")
      writer.write(rest / 60_000 % 60, digits: 2)
      writer.write(":")
      writer.write(rest / 1_000 % 60, digits: 2)
      writer.write(".")
      writer.write(rest % 1_000, digits: 3)
      writer.write("Z")
      return writer.count
    }
  }

  /// Other ways in which RFC 3339 (section 5.6) writes UTC: common libraries choose them.
  private static let otherZones = ["+00:00", "-00:00", "z"]

  /// Reads a time with or without a fraction of a second, of which milliseconds count. Returns nil for anything else, and for a day that
  /// its month does not have.
  public static func date(_ text: String) -> Date? {
    var text = text
    if let zone = otherZones.first(where: text.hasSuffix) {
      text = text.dropLast(zone.count).replacing("t", with: "T", maxReplacements: 1) + "Z"
    }
    return text.withUTF8 { DigitReader(bytes: $0).date() }
  }
}

/// A day of the Gregorian calendar, and how far it is from 1970-01-01.
///
/// The arithmetic of eras of 400 years, each beginning in March so that the leap day is the last one.
struct CivilDay: Equatable {
  var year: Int
  var month: Int
  var day: Int

  private static let daysPerEra = 146_097
  /// From the first day of the era in which 0000-03-01 lies to 1970-01-01.
  private static let daysBefore1970 = 719_468

  init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  init(daysSince1970: Int) {
    let (era, dayOfEra) = (daysSince1970 + Self.daysBefore1970).flooredDivision(by: Self.daysPerEra)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSince1970: Int {
    let yearFromMarch = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = yearFromMarch.flooredDivision(by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * Self.daysPerEra + dayOfEra - Self.daysBefore1970
  }
}

extension Int {
  /// Quotient and remainder, the remainder never negative.
  fileprivate func flooredDivision(by divisor: Int) -> (quotient: Int, remainder: Int) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

private struct DigitWriter {
  let bytes: UnsafeMutableBufferPointer<UInt8>
  private(set) var count = 0

  init(bytes: UnsafeMutableBufferPointer<UInt8>) { self.bytes = bytes }

  mutating func write(_ mark: Unicode.Scalar) {
    bytes[count] = UInt8(ascii: mark)
    count += 1
  }

  mutating func write(_ number: Int, digits: Int) {
    var rest = number
    for index in stride(from: count + digits - 1, through: count, by: -1) {
      bytes[index] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
    count += digits
  }
}

/// Reads `yyyy-MM-ddTHH:mm:ssZ`, or the same with a fraction of one to nine digits.
private struct DigitReader {
  let bytes: UnsafeBufferPointer<UInt8>

  private static let lengthWithoutFraction = 20
  private static let fractionDigits = 1...9

  func date() -> Date? {
    guard bytes.count >= Self.lengthWithoutFraction,
      has("-", at: 4), has("-", at: 7), has("T", at: 10), has(":", at: 13), has(":", at: 16),
      has("Z", at: bytes.count - 1), let year = number(at: 0, digits: 4), let month = number(at: 5, digits: 2),
      let day = number(at: 8, digits: 2), let hour = number(at: 11, digits: 2), let minute = number(at: 14, digits: 2),
      let second = number(at: 17, digits: 2), let millisecond = millisecond(),
      year > 0, (1...12).contains(month), day > 0, hour < 24, minute < 60, second < 60
    else { return nil }
    let civil = CivilDay(year: year, month: month, day: day)
    let days = civil.daysSince1970
    // A day that its month does not have comes back as another one.
    guard CivilDay(daysSince1970: days) == civil else { return nil }
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
    return Date(timeIntervalSince1970: Double(seconds * 1_000 + millisecond) / 1_000)
  }

  private func millisecond() -> Int? {
    guard bytes.count > Self.lengthWithoutFraction else { return 0 }
    let digits = bytes.count - Self.lengthWithoutFraction - 1
    guard has(".", at: 19), Self.fractionDigits.contains(digits), number(at: 20, digits: digits) != nil else {
      return nil
    }
    let first = number(at: 20, digits: min(digits, 3)) ?? 0
    return digits == 1 ? first * 100 : digits == 2 ? first * 10 : first
  }

  private func has(_ mark: Unicode.Scalar, at index: Int) -> Bool { bytes[index] == UInt8(ascii: mark) }

  private func number(at start: Int, digits: Int) -> Int? {
    var number = 0
    for byte in bytes[start..<start + digits] {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      number = number * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return number
  }
}
