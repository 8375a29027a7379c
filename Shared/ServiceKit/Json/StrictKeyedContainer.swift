/// The fields of one object; every question for a field is noted.
struct StrictKeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let base: KeyedDecodingContainer<FieldName>
  let object: FieldRecord.Object
  let fields: FieldRecord

  var codingPath: [any CodingKey] { object.path }
  var allKeys: [Key] { base.allKeys.compactMap { Key(stringValue: $0.stringValue) } }

  private func note(_ key: Key) -> FieldName {
    object.asked(key.stringValue)
    return FieldName(key.stringValue)
  }

  /// A number that does not fit is an error of the parser in JSON's decoder, and has no path there; here it gets one.
  private func number<Value>(_ key: Key, _ decode: (FieldName) throws -> Value) throws -> Value {
    do {
      return try decode(note(key))
    } catch let error as DecodingError {
      throw error
    } catch {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: codingPath + [key], debugDescription: "the number does not fit"))
    }
  }

  func contains(_ key: Key) -> Bool { base.contains(note(key)) }
  func decodeNil(forKey key: Key) throws -> Bool { try base.decodeNil(forKey: note(key)) }
  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try base.decode(type, forKey: note(key)) }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try base.decode(type, forKey: note(key)) }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
    try number(key) { try base.decode(type, forKey: $0) }
  }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
    try number(key) { try base.decode(type, forKey: $0) }
  }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
    try number(key) { try base.decode(type, forKey: $0) }
  }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
    try number(key) { try base.decode(type, forKey: $0) }
  }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
    try number(key) { try base.decode(type, forKey: $0) }
  }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
    try number(key) { try base.decode(type, forKey: $0) }
  }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
    try number(key) { try base.decode(type, forKey: $0) }
  }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
    try number(key) { try base.decode(type, forKey: $0) }
  }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
    try number(key) { try base.decode(type, forKey: $0) }
  }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
    try number(key) { try base.decode(type, forKey: $0) }
  }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
    try number(key) { try base.decode(type, forKey: $0) }
  }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
    try number(key) { try base.decode(type, forKey: $0) }
  }
  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try base.decode(Strict<Value>.self, forKey: note(key)).value
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try superDecoder(forKey: key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try superDecoder(forKey: key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { StrictDecoder(base: try base.superDecoder(), fields: fields) }

  func superDecoder(forKey key: Key) throws -> any Decoder {
    StrictDecoder(base: try base.superDecoder(forKey: note(key)), fields: fields)
  }
}
