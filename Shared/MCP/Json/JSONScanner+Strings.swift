/// Strings, escapes and UTF-8 (RFC 8259 section 7, RFC 3629 section 4).
extension JSONScanner {
  /// Takes the plain bytes of a string at once, or one that means something.
  mutating func scanString(
    _ input: UnsafeRawBufferPointer, _ index: inout Int, _ first: UInt8
  ) throws(JSONProblem) -> Event? {
    switch first {
    case UInt8(ascii: "\""):
      guard isName else { return endValue() ? .valueEnds : nil }
      return try endName(index)
    case UInt8(ascii: "\\"):
      state = .escape
      nameHasEscapes = true
      try keep(first, index)
    case 0x80...:
      try beginContinuation(first, index)
      try keep(first, index)
    case 0x20...:
      let start = index - 1
      Self.skipPlain(input, &index)
      guard keepsName else { return nil }
      guard index - start <= limits.nameBytes - name.count else { throw problem(.nameTooLong, index) }
      name += input[start..<index]
    default: throw problem(.malformed, index)
    }
    return nil
  }

  /// Steps over bytes that mean nothing inside a string, eight at a time.
  private static func skipPlain(_ input: UnsafeRawBufferPointer, _ index: inout Int) {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    while index + 8 <= input.count {
      let word = input.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      let quotes = word ^ (ones &* 0x22)
      let backslashes = word ^ (ones &* 0x5C)
      // The top bit of a byte is set where it is a quote, a backslash, below 0x20, or not ASCII.
      let special =
        ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes) | ((word &- ones &* 0x20) & ~word) | word
      if special & tops != 0 { break }
      index += 8
    }
    while index < input.count {
      switch input[index] {
      case 0x22, 0x5C, 0..<0x20, 0x80...: return
      default: index += 1
      }
    }
  }

  private mutating func endName(_ index: Int) throws(JSONProblem) -> Event? {
    state = .colon
    guard keepsName else { return nil }
    if nameHasEscapes {
      var bytes: [UInt8] = []
      guard JSONString.unescape(name, into: &bytes) else { throw problem(.loneSurrogate, index) }
      name = bytes
    }
    return .name
  }

  private mutating func keep(_ byte: UInt8, _ index: Int) throws(JSONProblem) {
    guard keepsName else { return }
    guard name.count < limits.nameBytes else { throw problem(.nameTooLong, index) }
    name.append(byte)
  }

  mutating func scanEscape(_ byte: UInt8, _ index: Int) throws(JSONProblem) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      state = .string
    case UInt8(ascii: "u"):
      state = .hex
      hexDigitsLeft = 4
    default: throw problem(.malformed, index)
    }
    try keep(byte, index)
  }

  mutating func scanHexDigit(_ byte: UInt8, _ index: Int) throws(JSONProblem) {
    guard JSONString.hexValue(byte) != nil else { throw problem(.malformed, index) }
    try keep(byte, index)
    hexDigitsLeft -= 1
    if hexDigitsLeft == 0 { state = .string }
  }

  private mutating func beginContinuation(_ first: UInt8, _ index: Int) throws(JSONProblem) {
    continuationRange = 0x80...0xBF
    switch first {
    case 0xC2...0xDF: continuationsLeft = 1
    case 0xE0...0xEF:
      continuationsLeft = 2
      if first == 0xE0 { continuationRange = 0xA0...0xBF }
      if first == 0xED { continuationRange = 0x80...0x9F }
    case 0xF0...0xF4:
      continuationsLeft = 3
      if first == 0xF0 { continuationRange = 0x90...0xBF }
      if first == 0xF4 { continuationRange = 0x80...0x8F }
    default: throw problem(.notUTF8, index)
    }
    state = .continuation
  }

  mutating func scanContinuation(_ byte: UInt8, _ index: Int) throws(JSONProblem) {
    guard continuationRange.contains(byte) else { throw problem(.notUTF8, index) }
    try keep(byte, index)
    continuationRange = 0x80...0xBF
    continuationsLeft -= 1
    if continuationsLeft == 0 { state = .string }
  }
}
