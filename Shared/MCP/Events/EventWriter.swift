/// Writes a `text/event-stream`.
public enum EventWriter {
  /// A comment that keeps the connection alive through whatever stands between.
  public static let keepAlive = Array(":\r\n\r\n".utf8)

  /// One event. A type other than `message` and an id only where they are given; their line breaks would end the field, and are left out.
  public static func event(_ data: [UInt8], type: String? = nil, id: String? = nil) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(data.count + 16)
    if let type { appendField("event", type, to: &bytes) }
    if let id { appendField("id", id, to: &bytes) }
    append(data, to: &bytes)
    bytes.append(0x0A)
    return bytes
  }

  /// The first event of a legacy stream that may be resumed: an id and no data.
  public static func priming(id: String, retryMilliseconds: Int? = nil) -> [UInt8] {
    var bytes: [UInt8] = []
    appendField("id", id, to: &bytes)
    if let retryMilliseconds { appendField("retry", String(retryMilliseconds), to: &bytes) }
    return bytes + Array("data:\n\n".utf8)
  }

  private static func appendField(_ name: String, _ value: String, to bytes: inout [UInt8]) {
    bytes += Array("\(name): ".utf8)
    bytes += value.utf8.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0 }
    bytes.append(0x0A)
  }

  /// One `data` line per line. Messages have none: JSON escapes its line breaks within strings.
  private static func append(_ data: [UInt8], to bytes: inout [UInt8]) {
    let prefix = Array("data: ".utf8)
    bytes += prefix
    var wasReturn = false
    for byte in data {
      defer { wasReturn = byte == 0x0D }
      if byte == 0x0A, wasReturn { continue }
      if byte == 0x0A || byte == 0x0D {
        bytes.append(0x0A)
        bytes += prefix
      } else {
        bytes.append(byte)
      }
    }
    bytes.append(0x0A)
  }
}
