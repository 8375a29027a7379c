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

/// RFC 3339 times in UTC with milliseconds, the only text form of a time on the wire.
public enum WireTime {
  private static let withFraction = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
  private static let withoutFraction = Date.ISO8601FormatStyle()

  /// Seconds that turn the formatter's cutting off into rounding to the nearest millisecond.
  private static let halfMillisecond = 0.000_5

  /// `2026-01-02T03:04:05.678Z`
  public static func text(_ date: Date) -> String { withFraction.format(date.addingTimeInterval(halfMillisecond)) }

  /// Reads a time with or without a fraction of a second. Returns nil for anything else.
  public static func date(_ text: String) -> Date? {
    (try? withFraction.parse(text)) ?? (try? withoutFraction.parse(text))
  }
}
