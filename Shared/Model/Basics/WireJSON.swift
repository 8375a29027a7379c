public import FoundationEssentials

/// The one JSON dialect between our processes and at the public edge: camelCase, RFC 3339 times in UTC, sorted keys, no escaped slashes.
public enum WireJSON {
  /// A fresh encoder: making one costs less than sharing one behind a lock.
  public static func encoder() -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .custom { date, encoder in
      var container = encoder.singleValueContainer()
      try container.encode(WireTime.text(date))
    }
    return encoder
  }

  /// A fresh decoder.
  public static func decoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .custom { decoder in
      let container = try decoder.singleValueContainer()
      let text = try container.decode(String.self)
      guard let date = WireTime.date(text) else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected an RFC 3339 time in UTC")
      }
      return date
    }
    return decoder
  }

  /// Encodes a wire value.
  public static func encode(_ value: some Encodable) throws -> Data { try encoder().encode(value) }

  /// Decodes a wire value.
  public static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
    try decoder().decode(type, from: data)
  }
}
