import FoundationEssentials

/// Decodes a value through ``StrictDecoder``, also where the surrounding decoder would make its own.
struct Strict<Value: Decodable>: Decodable {
  let value: Value

  init(from decoder: any Decoder) throws {
    // These have forms of their own in the JSON decoder, which it only applies when it is asked for them directly.
    if Value.self == Date.self || Value.self == Data.self || Value.self == URL.self || Value.self == Decimal.self {
      value = try decoder.singleValueContainer().decode(Value.self)
    } else {
      guard let fields = decoder.userInfo[FieldRecord.key] as? FieldRecord else {
        throw DecodingError.dataCorrupted(
          DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "strict decoding was not set up"))
      }
      value = try Value(from: StrictDecoder(base: decoder, fields: fields))
    }
  }
}

/// A decoder that notes which fields are asked for. All the work is done by the decoder inside.
final class StrictDecoder: Decoder {
  private let base: any Decoder
  private let fields: FieldRecord
  /// A type and the one that it extends open the same object, each for its own fields.
  private var opened: (container: KeyedDecodingContainer<FieldName>, object: FieldRecord.Object)?

  init(base: any Decoder, fields: FieldRecord) {
    self.base = base
    self.fields = fields
  }

  var codingPath: [any CodingKey] { base.codingPath }
  var userInfo: [CodingUserInfoKey: Any] { base.userInfo }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    // By plain names: the type's own keys would show only the fields that it knows.
    if let (container, object) = opened {
      return KeyedDecodingContainer(StrictKeyedContainer<Key>(base: container, object: object, fields: fields))
    }
    let container = try base.container(keyedBy: FieldName.self)
    let object = fields.open(container)
    opened = (container, object)
    return KeyedDecodingContainer(StrictKeyedContainer<Key>(base: container, object: object, fields: fields))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    StrictUnkeyedContainer(base: try base.unkeyedContainer(), fields: fields)
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    StrictSingleValueContainer(base: try base.singleValueContainer())
  }
}

private struct StrictSingleValueContainer: SingleValueDecodingContainer {
  let base: any SingleValueDecodingContainer

  var codingPath: [any CodingKey] { base.codingPath }
  func decodeNil() -> Bool { base.decodeNil() }
  func decode(_ type: Bool.Type) throws -> Bool { try base.decode(type) }
  func decode(_ type: String.Type) throws -> String { try base.decode(type) }
  func decode(_ type: Double.Type) throws -> Double { try base.decode(type) }
  func decode(_ type: Float.Type) throws -> Float { try base.decode(type) }
  func decode(_ type: Int.Type) throws -> Int { try base.decode(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try base.decode(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try base.decode(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try base.decode(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try base.decode(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try base.decode(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try base.decode(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try base.decode(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try base.decode(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try base.decode(type) }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try base.decode(Strict<Value>.self).value }
}

private struct StrictUnkeyedContainer: UnkeyedDecodingContainer {
  var base: any UnkeyedDecodingContainer
  let fields: FieldRecord

  var codingPath: [any CodingKey] { base.codingPath }
  var count: Int? { base.count }
  var isAtEnd: Bool { base.isAtEnd }
  var currentIndex: Int { base.currentIndex }
  mutating func decodeNil() throws -> Bool { try base.decodeNil() }
  mutating func decode(_ type: Bool.Type) throws -> Bool { try base.decode(type) }
  mutating func decode(_ type: String.Type) throws -> String { try base.decode(type) }
  mutating func decode(_ type: Double.Type) throws -> Double { try base.decode(type) }
  mutating func decode(_ type: Float.Type) throws -> Float { try base.decode(type) }
  mutating func decode(_ type: Int.Type) throws -> Int { try base.decode(type) }
  mutating func decode(_ type: Int8.Type) throws -> Int8 { try base.decode(type) }
  mutating func decode(_ type: Int16.Type) throws -> Int16 { try base.decode(type) }
  mutating func decode(_ type: Int32.Type) throws -> Int32 { try base.decode(type) }
  mutating func decode(_ type: Int64.Type) throws -> Int64 { try base.decode(type) }
  mutating func decode(_ type: UInt.Type) throws -> UInt { try base.decode(type) }
  mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try base.decode(type) }
  mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try base.decode(type) }
  mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try base.decode(type) }
  mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try base.decode(type) }
  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try base.decode(Strict<Value>.self).value
  }

  mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    try superDecoder().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try superDecoder().unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder {
    StrictDecoder(base: try base.superDecoder(), fields: fields)
  }
}
