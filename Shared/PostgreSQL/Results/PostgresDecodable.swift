public import FoundationEssentials

/// A type that a column's value can be read as.
///
/// A `RawRepresentable` type with a decodable raw value needs no code: `extension Status: PostgresDecodable {}`.
public protocol PostgresDecodable {
  /// - Throws: ``PostgresError/decoding(column:expected:found:)``.
  static func decode(_ cell: PostgresCell) throws -> Self
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
  public static func decode(_ cell: PostgresCell) throws -> Self {
    guard let value = Self(rawValue: try RawValue.decode(cell)) else {
      throw cell.failure(Self.self, found: "another value")
    }
    return value
  }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
  public static func decode(_ cell: PostgresCell) throws -> Wrapped? {
    cell.isNull ? nil : try Wrapped.decode(cell)
  }
}

/// `text` and its kin, enums, `json`, `jsonb`, and `uuid` in lower case.
extension String: PostgresDecodable {
  public static func decode(_ cell: PostgresCell) throws -> String {
    let type = cell.type
    return try cell.withBytes(as: String.self) { bytes in
      if type == .uuid, let uuid = UUID(postgresBytes: bytes) { return uuid.uuidString.lowercased() }
      var text = bytes[...]
      if type == .jsonb {
        // `jsonb_send` puts a format version, 1, before the text.
        guard text.first == 1 else { throw cell.failure(String.self) }
        text = text.dropFirst()
      } else if !type.isTextual {
        throw cell.failure(String.self)
      }
      return String(decoding: text, as: UTF8.self)
    }
  }
}

/// `smallint`, `integer`, `bigint` and `oid`.
extension Int64: PostgresDecodable {
  public static func decode(_ cell: PostgresCell) throws -> Int64 {
    let type = cell.type
    return try cell.withBytes(as: Int64.self) { bytes in
      switch (type, bytes.count) {
      case (.int8, 8): Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
      case (.int4, 4): Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
      case (.int2, 2): Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
      case (.oid, 4): Int64(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
      default: throw cell.failure(Int64.self)
      }
    }
  }
}

extension Int: PostgresDecodable {
  public static func decode(_ cell: PostgresCell) throws -> Int { Int(try Int64.decode(cell)) }
}

extension Int32: PostgresDecodable {
  public static func decode(_ cell: PostgresCell) throws -> Int32 {
    guard let value = Int32(exactly: try Int64.decode(cell)) else {
      throw cell.failure(Int32.self, found: "a larger number")
    }
    return value
  }
}

/// `real` and `double precision`.
extension Double: PostgresDecodable {
  public static func decode(_ cell: PostgresCell) throws -> Double {
    let type = cell.type
    return try cell.withBytes(as: Double.self) { bytes in
      switch (type, bytes.count) {
      case (.float8, 8): Double(bitPattern: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)))
      case (.float4, 4): Double(Float(bitPattern: UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))))
      default: throw cell.failure(Double.self)
      }
    }
  }
}

extension Bool: PostgresDecodable {
  public static func decode(_ cell: PostgresCell) throws -> Bool {
    let type = cell.type
    return try cell.withBytes(as: Bool.self) { bytes in
      guard type == .bool, bytes.count == 1 else { throw cell.failure(Bool.self) }
      return bytes[0] != 0
    }
  }
}

/// `timestamptz` to the microsecond, and `timestamp` and `date` taken as UTC. PostgreSQL's infinities become
/// `distantPast` and `distantFuture`.
extension Date: PostgresDecodable {
  private static let microsecondsPerDay: Int64 = 86_400_000_000

  public static func decode(_ cell: PostgresCell) throws -> Date {
    let type = cell.type
    return try cell.withBytes(as: Date.self) { bytes in
      switch (type, bytes.count) {
      case (.timestamptz, 8), (.timestamp, 8):
        return Date(postgresMicroseconds: Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)))
      case (.date, 4):
        let days = Int32(bigEndian: bytes.loadUnaligned(as: Int32.self))
        if days == .max { return .distantFuture }
        if days == .min { return .distantPast }
        return Date(postgresMicroseconds: Int64(days) * microsecondsPerDay)
      default: throw cell.failure(Date.self)
      }
    }
  }
}

extension UUID: PostgresDecodable {
  public static func decode(_ cell: PostgresCell) throws -> UUID {
    let type = cell.type
    return try cell.withBytes(as: UUID.self) { bytes in
      guard type == .uuid, let uuid = UUID(postgresBytes: bytes) else { throw cell.failure(UUID.self) }
      return uuid
    }
  }

  fileprivate init?(postgresBytes bytes: UnsafeRawBufferPointer) {
    guard bytes.count == MemoryLayout<uuid_t>.size else { return nil }
    self.init(uuid: bytes.loadUnaligned(as: uuid_t.self))
  }
}

/// `bytea`.
extension Data: PostgresDecodable {
  public static func decode(_ cell: PostgresCell) throws -> Data { Data(try [UInt8].decode(cell)) }
}

/// A type whose PostgreSQL arrays can be read. `[UInt8]` is `bytea`.
public protocol PostgresDecodableElement {
  /// The whole array.
  static func decodeArray(_ cell: PostgresCell) throws -> [Self]
}

extension Array: PostgresDecodable where Element: PostgresDecodableElement {
  public static func decode(_ cell: PostgresCell) throws -> [Element] { try Element.decodeArray(cell) }
}

extension UInt8: PostgresDecodableElement {
  public static func decodeArray(_ cell: PostgresCell) throws -> [UInt8] {
    let type = cell.type
    return try cell.withBytes(as: [UInt8].self) { bytes in
      guard type == .bytea else { throw cell.failure([UInt8].self) }
      return Array(bytes)
    }
  }
}

/// `text[]`, `varchar[]` and arrays of enums.
extension String: PostgresDecodableElement {
  public static func decodeArray(_ cell: PostgresCell) throws -> [String] {
    try ArrayReader.read(cell, as: [String].self) { type, bytes in
      type.isTextual ? String(decoding: bytes, as: UTF8.self) : nil
    }
  }
}

/// `bigint[]`.
extension Int64: PostgresDecodableElement {
  public static func decodeArray(_ cell: PostgresCell) throws -> [Int64] {
    try ArrayReader.read(cell, as: [Int64].self) { type, bytes in
      switch (type, bytes.count) {
      case (.int8, 8): Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
      case (.int4, 4): Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
      default: nil
      }
    }
  }
}

extension Int: PostgresDecodableElement {
  public static func decodeArray(_ cell: PostgresCell) throws -> [Int] { try Int64.decodeArray(cell).map { Int($0) } }
}

/// `bytea[]`.
extension Array: PostgresDecodableElement where Element == UInt8 {
  public static func decodeArray(_ cell: PostgresCell) throws -> [[UInt8]] {
    try ArrayReader.read(cell, as: [[UInt8]].self) { type, bytes in type == .bytea ? Array(bytes) : nil }
  }
}

/// `uuid[]`.
extension UUID: PostgresDecodableElement {
  public static func decodeArray(_ cell: PostgresCell) throws -> [UUID] {
    try ArrayReader.read(cell, as: [UUID].self) { type, bytes in type == .uuid ? UUID(postgresBytes: bytes) : nil }
  }
}

/// `timestamptz[]`.
extension Date: PostgresDecodableElement {
  public static func decodeArray(_ cell: PostgresCell) throws -> [Date] {
    try ArrayReader.read(cell, as: [Date].self) { type, bytes in
      guard type == .timestamptz, bytes.count == 8 else { return nil }
      return Date(postgresMicroseconds: Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)))
    }
  }
}
