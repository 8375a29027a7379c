import FoundationEssentials

/// The parameters of one statement in one buffer, in the form in which they go to the server.
///
/// One buffer instead of an array per value: a statement costs two allocations however many values it binds.
struct Parameters: Sendable {
  struct Entry: Sendable {
    var type: PostgresType
    /// Text is sent in text format, everything else in binary.
    var isBinary: Bool
    /// Offset in `bytes`.
    var start: Int
    /// Bytes without the terminator, or -1 for NULL.
    var length: Int
    /// Where the placeholder's `$` is in the text, in UTF-8 bytes.
    var position: Int
  }

  var entries: [Entry] = []
  var bytes: [UInt8] = []
  /// Text with U+0000 cannot be sent: the text format ends there, and a value must never be cut.
  var hasInvalidText = false

  /// The protocol counts parameters in 16 bits.
  static let maximumCount = 65_535

  mutating func append(_ entry: Entry, from other: Parameters, at position: Int) {
    var moved = entry
    moved.position = position
    moved.start = bytes.count
    if entry.length >= 0 {
      bytes.append(contentsOf: other.bytes[entry.start..<entry.start + entry.length])
    }
    bytes.append(0)
    entries.append(moved)
    hasInvalidText = hasInvalidText || other.hasInvalidText
  }

  mutating func append(_ value: PostgresBind, at position: Int) {
    let start = bytes.count
    var type: PostgresType
    var isBinary = true
    var isNull = false
    switch value {
    case .null(let nullType):
      type = nullType
      isNull = true
    case .text(let text):
      type = .unspecified
      isBinary = false
      bytes.append(contentsOf: text.utf8)
      if bytes[start...].contains(0) { hasInvalidText = true }
    case .int(let number):
      type = .int8
      bytes.append(bigEndian: number)
    case .double(let number):
      type = .float8
      bytes.append(bigEndian: number.bitPattern)
    case .bool(let flag):
      type = .bool
      bytes.append(flag ? 1 : 0)
    case .bytes(let data):
      type = .bytea
      bytes.append(contentsOf: data)
    case .timestamp(let date):
      type = .timestamptz
      bytes.append(bigEndian: date.postgresMicroseconds)
    case .uuid(let uuid):
      type = .uuid
      bytes.append(uuid: uuid)
    default:
      type = appendArray(value)
    }
    let length = isNull ? -1 : bytes.count - start
    bytes.append(0)
    entries.append(Entry(type: type, isBinary: isBinary, start: start, length: length, position: position))
  }

  private mutating func appendArray(_ value: PostgresBind) -> PostgresType {
    switch value {
    case .texts(let array):
      // Elements are binary text, so the server itself refuses U+0000 in them.
      append(array, element: .text) { $0.append(contentsOf: $1.utf8) }
      return .textArray
    case .ints(let array):
      append(array, element: .int8) { $0.append(bigEndian: $1) }
      return .int8Array
    case .bools(let array):
      append(array, element: .bool) { $0.append($1 ? 1 : 0) }
      return .boolArray
    case .byteStrings(let array):
      append(array, element: .bytea) { $0.append(contentsOf: $1) }
      return .byteaArray
    case .timestamps(let array):
      append(array, element: .timestamptz) { $0.append(bigEndian: $1.postgresMicroseconds) }
      return .timestamptzArray
    case .uuids(let array):
      append(array, element: .uuid) { $0.append(uuid: $1) }
      return .uuidArray
    case .null, .text, .int, .double, .bool, .bytes, .timestamp, .uuid:
      preconditionFailure("not an array")
    }
  }

  /// The binary array form of `array_recv` in PostgreSQL: dimensions, NULL flag, element type, then per dimension
  /// length and lower bound, then each element with its length.
  private mutating func append<Element>(
    _ array: [Element?], element: PostgresType, _ write: (inout [UInt8], Element) -> Void
  ) {
    bytes.append(bigEndian: Int32(array.isEmpty ? 0 : 1))
    bytes.append(bigEndian: Int32(array.contains { $0 == nil } ? 1 : 0))
    bytes.append(bigEndian: element.rawValue)
    guard !array.isEmpty else { return }
    bytes.append(bigEndian: Int32(array.count))
    bytes.append(bigEndian: Int32(1))
    for value in array {
      guard let value else {
        bytes.append(bigEndian: Int32(-1))
        continue
      }
      let lengthAt = bytes.count
      bytes.append(bigEndian: Int32(0))
      write(&bytes, value)
      let length = UInt32(bytes.count - lengthAt - 4)
      for index in 0..<4 { bytes[lengthAt + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(bigEndian number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
  }

  fileprivate mutating func append(uuid: UUID) {
    Swift.withUnsafeBytes(of: uuid.uuid) { append(contentsOf: $0) }
  }
}

extension Date {
  /// Seconds from 2000-01-01, where PostgreSQL counts from, to 2001-01-01, where `Date` counts from: 366 days.
  private static let epochDistance: Double = 31_622_400
  private static let microsecondsPerSecond: Double = 1_000_000

  /// Microseconds since 2000-01-01 UTC; dates that do not fit become PostgreSQL's infinities.
  var postgresMicroseconds: Int64 {
    let microseconds = ((timeIntervalSinceReferenceDate + Self.epochDistance) * Self.microsecondsPerSecond).rounded()
    if let exact = Int64(exactly: microseconds) { return exact }
    return microseconds < 0 ? .min : .max
  }

  init(postgresMicroseconds microseconds: Int64) {
    switch microseconds {
    case .max: self = .distantFuture
    case .min: self = .distantPast
    default:
      self.init(timeIntervalSinceReferenceDate: Double(microseconds) / Self.microsecondsPerSecond - Self.epochDistance)
    }
  }
}
