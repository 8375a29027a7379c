/// Reads JSON (RFC 8259) in one pass over its bytes, in whatever pieces they come.
///
/// It checks every byte, and reports where values and the names of members begin and end, down to the depth that its
/// user cares for: what lies inside a skipped value is checked and not reported. It keeps no text but the name of the member at hand.
struct JSONScanner {
  enum Event: Equatable {
    /// A member's name has ended; ``name`` holds it.
    case name
    /// The first byte of a value was consumed.
    case valueBegins(JSONKind)
    /// The last byte of a value was consumed.
    case valueEnds
  }

  enum State: UInt8 {
    case value, firstValueOrEnd, firstNameOrEnd, name, colon, separator, finished
    case string, escape, hex, continuation
    case minus, zero, integer, point, fraction, exponent, exponentSign, exponentDigits
    case literal
  }

  let limits: JSONLimits
  /// The bytes between the quotes of the last name, with escapes resolved.
  var name: [UInt8] = []
  /// Bytes that were consumed before the piece at hand.
  private(set) var offset = 0
  /// Objects and arrays that are open.
  private(set) var depth = 0

  // The rest is shared with the files beside this one, and with nobody else.
  var state = State.value
  /// Bit 0 says whether the innermost container is an object.
  private var objects: UInt128 = 0
  /// Nothing is reported while more containers than this are open.
  private var reportedDepth = Int.max
  /// Whether the string at hand is a name, and whether anybody asked for it.
  var isName = false
  var keepsName = false
  var nameHasEscapes = false
  var hexDigitsLeft = 0
  var continuationsLeft = 0
  /// Bounds of the next continuation byte: they exclude overlong forms, surrogates and what lies beyond Unicode.
  var continuationRange: ClosedRange<UInt8> = 0x80...0xBF
  private var literal: StaticString = "null"
  private var literalIndex = 0

  init(limits: JSONLimits) { self.limits = limits }

  /// Reports nothing more until the value that has just begun ends. For containers only: others hold nothing.
  mutating func skip() { reportedDepth = depth - 1 }

  /// Goes on to the next event of a piece, or to its end, where it returns nil.
  mutating func next(_ input: UnsafeRawBufferPointer, _ index: inout Int) throws(JSONProblem) -> Event? {
    while index < input.count {
      let byte = input[index]
      switch state {
      case .string:
        index += 1
        if let event = try scanString(input, &index, byte) { return event }
      case .escape:
        index += 1
        try scanEscape(byte, index)
      case .hex:
        index += 1
        try scanHexDigit(byte, index)
      case .continuation:
        index += 1
        try scanContinuation(byte, index)
      case .minus, .zero, .integer, .point, .fraction, .exponent, .exponentSign, .exponentDigits:
        if try scanNumber(byte, index) {
          index += 1
        } else if endValue() {
          return .valueEnds
        }
      case .literal:
        index += 1
        guard byte == literal.utf8Start[literalIndex] else { throw problem(.malformed, index) }
        literalIndex += 1
        if literalIndex == literal.utf8CodeUnitCount, endValue() { return .valueEnds }
      default:
        index += 1
        if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { continue }
        if let event = try scanStructure(byte, index) { return event }
      }
    }
    guard input.count <= limits.bytes - offset else { throw problem(.tooLarge, index) }
    return nil
  }

  /// To be called between pieces: the next call of ``next(_:_:)`` gets the following one.
  mutating func advance(by bytes: Int) { offset += bytes }

  /// To be called at the end of the text. A number outside any container ends only here: returns true if one did.
  mutating func finish() throws(JSONProblem) -> Bool {
    if state == .finished { return false }
    guard depth == 0, [.zero, .integer, .fraction, .exponentDigits].contains(state) else {
      throw problem(.incomplete, 0)
    }
    return endValue()
  }

  // MARK: Structure

  private mutating func scanStructure(_ byte: UInt8, _ index: Int) throws(JSONProblem) -> Event? {
    switch state {
    case .value: return try beginValue(byte, index)
    case .firstValueOrEnd:
      if byte == UInt8(ascii: "]") { return endContainer() }
      return try beginValue(byte, index)
    case .firstNameOrEnd:
      if byte == UInt8(ascii: "}") { return endContainer() }
      return try beginName(byte, index)
    case .name: return try beginName(byte, index)
    case .colon:
      guard byte == UInt8(ascii: ":") else { throw problem(.malformed, index) }
      state = .value
      return nil
    case .separator:
      let isObject = objects & 1 == 1
      if byte == UInt8(ascii: ",") {
        state = isObject ? .name : .value
        return nil
      }
      guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { throw problem(.malformed, index) }
      return endContainer()
    default: throw problem(.trailingBytes, index)
    }
  }

  private mutating func beginName(_ byte: UInt8, _ index: Int) throws(JSONProblem) -> Event? {
    guard byte == UInt8(ascii: "\"") else { throw problem(.malformed, index) }
    isName = true
    keepsName = depth <= reportedDepth
    if keepsName { name.removeAll(keepingCapacity: true) }
    nameHasEscapes = false
    state = .string
    return nil
  }

  private mutating func beginValue(_ byte: UInt8, _ index: Int) throws(JSONProblem) -> Event? {
    let isReported = depth <= reportedDepth
    let kind: JSONKind
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      let isObject = byte == UInt8(ascii: "{")
      guard depth < limits.depth else { throw problem(.tooDeep, index) }
      objects = objects << 1 | (isObject ? 1 : 0)
      depth += 1
      state = isObject ? .firstNameOrEnd : .firstValueOrEnd
      kind = isObject ? .object : .array
    case UInt8(ascii: "\""):
      isName = false
      keepsName = false
      state = .string
      kind = .string
    case UInt8(ascii: "t"): kind = beginLiteral("true", .boolean)
    case UInt8(ascii: "f"): kind = beginLiteral("false", .boolean)
    case UInt8(ascii: "n"): kind = beginLiteral("null", .null)
    case UInt8(ascii: "-"):
      state = .minus
      kind = .number
    case UInt8(ascii: "0"):
      state = .zero
      kind = .number
    case UInt8(ascii: "1")...UInt8(ascii: "9"):
      state = .integer
      kind = .number
    default: throw problem(.malformed, index)
    }
    return isReported ? .valueBegins(kind) : nil
  }

  private mutating func beginLiteral(_ text: StaticString, _ kind: JSONKind) -> JSONKind {
    literal = text
    literalIndex = 1
    state = .literal
    return kind
  }

  private mutating func endContainer() -> Event? {
    depth -= 1
    objects >>= 1
    return endValue() ? .valueEnds : nil
  }

  /// Whether the end of this value is reported.
  mutating func endValue() -> Bool {
    state = depth == 0 ? .finished : .separator
    if depth == reportedDepth { reportedDepth = .max }
    return depth <= reportedDepth
  }

  func problem(_ reason: JSONProblem.Reason, _ index: Int) -> JSONProblem {
    JSONProblem(reason, at: offset + max(index - 1, 0))
  }
}
