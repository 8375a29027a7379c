/// What a client says that it takes (RFC 9110, section 12.5.1), as far as MCP knows bodies. Weights play no part: both are asked for together.
struct AcceptedTypes: Sendable, Equatable {
  private(set) var json = false
  private(set) var events = false

  /// - Parameter values: of the header `Accept`. Who sends none takes JSON.
  init(_ values: [String]) {
    json = values.allSatisfy { $0.utf8.allSatisfy(Self.isSpace) }
    for value in values {
      for range in value.utf8.split(separator: UInt8(ascii: ",")) {
        let name = range.prefix { $0 != UInt8(ascii: ";") }.filter { !Self.isSpace($0) }
        take(String(decoding: name, as: UTF8.self).lowercased())
      }
    }
  }

  private mutating func take(_ name: String) {
    switch name {
    case "*/*": (json, events) = (true, true)
    case "application/json", "application/*": json = true
    case "text/event-stream", "text/*": events = true
    default: break
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
