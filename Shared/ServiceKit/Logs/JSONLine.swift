/// One line of JSON, written piece by piece. There is a record per request, and an encoder would cost several times as much.
struct JSONLine {
  private var bytes: [UInt8] = []
  private var needsComma = false
  private static let hexDigits = Array("0123456789abcdef".utf8)

  init() { bytes.reserveCapacity(512) }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  mutating func object(_ content: (inout JSONLine) -> Void) {
    begin(UInt8(ascii: "{"))
    content(&self)
    end(UInt8(ascii: "}"))
  }

  mutating func array<Element>(_ elements: [Element], _ write: (Element, inout JSONLine) -> Void) {
    begin(UInt8(ascii: "["))
    for element in elements { write(element, &self) }
    end(UInt8(ascii: "]"))
  }

  mutating func field(_ key: String, _ value: String) {
    self.key(key)
    string(value)
  }

  mutating func key(_ key: String) {
    separate()
    quote(key)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  mutating func string(_ value: String) {
    separate()
    quote(value)
    needsComma = true
  }

  /// A number, `true` or `false`.
  mutating func literal(_ value: String) {
    separate()
    bytes += value.utf8
    needsComma = true
  }

  private mutating func begin(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func end(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = false
  }

  /// RFC 8259 section 7: quotation mark, reverse solidus and control characters are escaped.
  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
      case 0..<32, 127:
        bytes += "\\u00".utf8
        bytes += [Self.hexDigits[Int(byte >> 4)], Self.hexDigits[Int(byte & 15)]]
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
