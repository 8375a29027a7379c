public import FoundationEssentials

/// A value on its way into a statement.
public enum PostgresBind: Sendable {
  /// NULL of a type; ``PostgresType/unspecified`` lets the server choose.
  case null(PostgresType)
  /// Text whose type the server takes from where it is used. Must not contain U+0000.
  case text(String)
  /// `bigint`.
  case int(Int64)
  /// `double precision`.
  case double(Double)
  case bool(Bool)
  /// `bytea`.
  case bytes([UInt8])
  /// `timestamptz`, to the microsecond.
  case timestamp(Date)
  case uuid(UUID)
  /// `text[]`.
  case texts([String?])
  /// `bigint[]`.
  case ints([Int64?])
  /// `boolean[]`.
  case bools([Bool?])
  /// `bytea[]`.
  case byteStrings([[UInt8]?])
  /// `timestamptz[]`.
  case timestamps([Date?])
  /// `uuid[]`.
  case uuids([UUID?])
}

/// A type whose values can be interpolated into ``SQL``.
///
/// A `RawRepresentable` type with a bindable raw value needs no code: `extension Status: PostgresBindable {}`.
public protocol PostgresBindable {
  /// How the value is sent.
  var postgresBind: PostgresBind { get }

  /// The type of a NULL in its place. The default lets the server choose.
  static var postgresType: PostgresType { get }
}

extension PostgresBindable {
  public static var postgresType: PostgresType { .unspecified }
}

extension PostgresBindable where Self: RawRepresentable, RawValue: PostgresBindable {
  public var postgresBind: PostgresBind { rawValue.postgresBind }
  public static var postgresType: PostgresType { RawValue.postgresType }
}

extension String: PostgresBindable {
  public var postgresBind: PostgresBind { .text(self) }
}

extension Int: PostgresBindable {
  public var postgresBind: PostgresBind { .int(Int64(self)) }
  public static var postgresType: PostgresType { .int8 }
}

extension Int64: PostgresBindable {
  public var postgresBind: PostgresBind { .int(self) }
  public static var postgresType: PostgresType { .int8 }
}

extension Int32: PostgresBindable {
  public var postgresBind: PostgresBind { .int(Int64(self)) }
  public static var postgresType: PostgresType { .int8 }
}

extension Double: PostgresBindable {
  public var postgresBind: PostgresBind { .double(self) }
  public static var postgresType: PostgresType { .float8 }
}

extension Bool: PostgresBindable {
  public var postgresBind: PostgresBind { .bool(self) }
  public static var postgresType: PostgresType { .bool }
}

extension Date: PostgresBindable {
  public var postgresBind: PostgresBind { .timestamp(self) }
  public static var postgresType: PostgresType { .timestamptz }
}

extension UUID: PostgresBindable {
  public var postgresBind: PostgresBind { .uuid(self) }
  public static var postgresType: PostgresType { .uuid }
}

extension Data: PostgresBindable {
  public var postgresBind: PostgresBind { .bytes(Array(self)) }
  public static var postgresType: PostgresType { .bytea }
}

/// A type whose arrays can be interpolated into ``SQL``, for example for `unnest` or `= ANY`.
///
/// `[UInt8]` is one `bytea`, every other array a PostgreSQL array.
public protocol PostgresArrayElement {
  /// How an array of such values is sent.
  static func postgresBind(_ array: [Self]) -> PostgresBind
  /// The type of a NULL in the array's place.
  static var postgresArrayType: PostgresType { get }
}

extension Array: PostgresBindable where Element: PostgresArrayElement {
  public var postgresBind: PostgresBind { Element.postgresBind(self) }
  public static var postgresType: PostgresType { Element.postgresArrayType }
}

extension UInt8: PostgresArrayElement {
  public static func postgresBind(_ array: [UInt8]) -> PostgresBind { .bytes(array) }
  public static var postgresArrayType: PostgresType { .bytea }
}

extension String: PostgresArrayElement {
  public static func postgresBind(_ array: [String]) -> PostgresBind { .texts(array) }
  public static var postgresArrayType: PostgresType { .textArray }
}

extension Int64: PostgresArrayElement {
  public static func postgresBind(_ array: [Int64]) -> PostgresBind { .ints(array) }
  public static var postgresArrayType: PostgresType { .int8Array }
}

extension Int: PostgresArrayElement {
  public static func postgresBind(_ array: [Int]) -> PostgresBind { .ints(array.map { Int64($0) }) }
  public static var postgresArrayType: PostgresType { .int8Array }
}

extension Bool: PostgresArrayElement {
  public static func postgresBind(_ array: [Bool]) -> PostgresBind { .bools(array) }
  public static var postgresArrayType: PostgresType { .boolArray }
}

extension Date: PostgresArrayElement {
  public static func postgresBind(_ array: [Date]) -> PostgresBind { .timestamps(array) }
  public static var postgresArrayType: PostgresType { .timestamptzArray }
}

extension UUID: PostgresArrayElement {
  public static func postgresBind(_ array: [UUID]) -> PostgresBind { .uuids(array) }
  public static var postgresArrayType: PostgresType { .uuidArray }
}

extension Array: PostgresArrayElement where Element == UInt8 {
  public static func postgresBind(_ array: [[UInt8]]) -> PostgresBind { .byteStrings(array) }
  public static var postgresArrayType: PostgresType { .byteaArray }
}

/// Arrays with NULL elements.
extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement & PostgresBindable {
  public static func postgresBind(_ array: [Wrapped?]) -> PostgresBind {
    // One walk decides the element type by the wrapped type's own array form, then puts the NULLs back.
    switch Wrapped.postgresBind([]) {
    case .ints: .ints(array.map { if case .int(let value)? = $0?.postgresBind { value } else { nil } })
    case .bools: .bools(array.map { if case .bool(let value)? = $0?.postgresBind { value } else { nil } })
    case .timestamps:
      .timestamps(array.map { if case .timestamp(let value)? = $0?.postgresBind { value } else { nil } })
    case .uuids: .uuids(array.map { if case .uuid(let value)? = $0?.postgresBind { value } else { nil } })
    case .byteStrings: .byteStrings(array.map { if case .bytes(let value)? = $0?.postgresBind { value } else { nil } })
    default: .texts(array.map { if case .text(let value)? = $0?.postgresBind { value } else { nil } })
    }
  }

  public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
}
