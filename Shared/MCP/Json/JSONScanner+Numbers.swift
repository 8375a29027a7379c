/// Numbers (RFC 8259 section 6).
extension JSONScanner {
  /// Whether the byte belongs to the number at hand. It does not where the number has ended before it.
  mutating func scanNumber(_ byte: UInt8, _ index: Int) throws(JSONProblem) -> Bool {
    let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    switch state {
    case .minus:
      guard isDigit else { throw problem(.malformed, index + 1) }
      state = byte == UInt8(ascii: "0") ? .zero : .integer
    case .integer where isDigit, .fraction where isDigit, .exponentDigits where isDigit: break
    case .zero, .integer, .fraction:
      if byte == UInt8(ascii: "."), state != .fraction {
        state = .point
      } else if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
        state = .exponent
      } else {
        // A digit after a leading zero is caught as a value without a comma before it.
        return false
      }
    case .point:
      guard isDigit else { throw problem(.malformed, index + 1) }
      state = .fraction
    case .exponent where byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"): state = .exponentSign
    case .exponent, .exponentSign:
      guard isDigit else { throw problem(.malformed, index + 1) }
      state = .exponentDigits
    default: return false
    }
    return true
  }
}
