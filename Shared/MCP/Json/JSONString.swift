/// JSON's way of writing text (RFC 8259 section 7).
enum JSONString {
  private static let quote = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")
  private static let hexDigits = Array("0123456789abcdef".utf8)

  /// Appends a text with its quotes. Escapes what must be escaped and nothing else, so one text has one spelling.
  static func append(_ text: String, to output: inout [UInt8]) {
    output.append(quote)
    defer { output.append(quote) }
    guard text.utf8.contains(where: { $0 < 0x20 || $0 == quote || $0 == backslash }) else {
      output += text.utf8
      return
    }
    for byte in text.utf8 {
      switch byte {
      case quote: output += [backslash, quote]
      case backslash: output += [backslash, backslash]
      case UInt8(ascii: "\n"): output += [backslash, UInt8(ascii: "n")]
      case UInt8(ascii: "\r"): output += [backslash, UInt8(ascii: "r")]
      case UInt8(ascii: "\t"): output += [backslash, UInt8(ascii: "t")]
      case 0x08: output += [backslash, UInt8(ascii: "b")]
      case 0x0C: output += [backslash, UInt8(ascii: "f")]
      case 0..<0x20:
        output += [backslash, UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")]
        output += [hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
      default: output.append(byte)
      }
    }
  }

  /// The text between the quotes of a string that the scanner has passed. Nil where it has half a surrogate pair: that
  /// is JSON, but no text.
  static func decode(_ raw: some Collection<UInt8>) -> String? {
    guard raw.contains(backslash) else { return String(validating: raw, as: UTF8.self) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(raw.count)
    guard unescape(raw, into: &bytes) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Appends the bytes that an escaped text stands for. False where it has half a surrogate pair.
  static func unescape(_ raw: some Collection<UInt8>, into bytes: inout [UInt8]) -> Bool {
    var rest = raw.makeIterator()
    while let byte = rest.next() {
      guard byte == backslash else {
        bytes.append(byte)
        continue
      }
      switch rest.next() {
      case UInt8(ascii: "n"): bytes.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "r"): bytes.append(UInt8(ascii: "\r"))
      case UInt8(ascii: "t"): bytes.append(UInt8(ascii: "\t"))
      case UInt8(ascii: "b"): bytes.append(0x08)
      case UInt8(ascii: "f"): bytes.append(0x0C)
      case UInt8(ascii: "u"):
        guard let scalar = scalar(&rest) else { return false }
        bytes += Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      case let escaped?: bytes.append(escaped)
      case nil: return false
      }
    }
    return true
  }

  /// The scalar of `\uXXXX`, or of two of them that are a surrogate pair.
  private static func scalar(_ rest: inout some IteratorProtocol<UInt8>) -> Unicode.Scalar? {
    guard let first = codeUnit(&rest) else { return nil }
    guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) }
    guard rest.next() == backslash, rest.next() == UInt8(ascii: "u"), let second = codeUnit(&rest),
      UTF16.isTrailSurrogate(second)
    else { return nil }
    return Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
  }

  private static func codeUnit(_ rest: inout some IteratorProtocol<UInt8>) -> UInt16? {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = rest.next().flatMap(hexValue) else { return nil }
      value = value << 4 | UInt16(digit)
    }
    return value
  }

  /// The value of a hexadecimal digit.
  static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
