/// The object id of a PostgreSQL type (`pg_type.oid`), as far as this module knows it.
public struct PostgresType: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The server takes the type from where the parameter is used.
  public static let unspecified = PostgresType(rawValue: 0)
  public static let bool = PostgresType(rawValue: 16)
  public static let bytea = PostgresType(rawValue: 17)
  public static let char = PostgresType(rawValue: 18)
  public static let name = PostgresType(rawValue: 19)
  public static let int8 = PostgresType(rawValue: 20)
  public static let int2 = PostgresType(rawValue: 21)
  public static let int4 = PostgresType(rawValue: 23)
  public static let text = PostgresType(rawValue: 25)
  public static let oid = PostgresType(rawValue: 26)
  public static let json = PostgresType(rawValue: 114)
  public static let float4 = PostgresType(rawValue: 700)
  public static let float8 = PostgresType(rawValue: 701)
  public static let unknown = PostgresType(rawValue: 705)
  public static let bpchar = PostgresType(rawValue: 1042)
  public static let varchar = PostgresType(rawValue: 1043)
  public static let date = PostgresType(rawValue: 1082)
  public static let timestamp = PostgresType(rawValue: 1114)
  public static let timestamptz = PostgresType(rawValue: 1184)
  public static let void = PostgresType(rawValue: 2278)
  public static let uuid = PostgresType(rawValue: 2950)
  public static let jsonb = PostgresType(rawValue: 3802)
  public static let boolArray = PostgresType(rawValue: 1000)
  public static let byteaArray = PostgresType(rawValue: 1001)
  public static let textArray = PostgresType(rawValue: 1009)
  public static let int8Array = PostgresType(rawValue: 1016)
  public static let timestamptzArray = PostgresType(rawValue: 1185)
  public static let uuidArray = PostgresType(rawValue: 2951)

  /// Ids below this one belong to types that come with the server; enums and domains of a schema lie above
  /// (`FirstNormalObjectId` in PostgreSQL's `transam.h`).
  static let firstUserDefined: UInt32 = 16_384

  /// Whether the binary form of the type is its text in UTF-8.
  var isTextual: Bool {
    switch self {
    case .text, .varchar, .bpchar, .name, .char, .json, .unknown: true
    default: rawValue >= Self.firstUserDefined
    }
  }
}
