import Model

/// Random values from a seed, so that a failure can be run again (SplitMix64).
struct Random: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  mutating func happens(oneIn count: Int) -> Bool { number(1...count) == 1 }

  mutating func element<Element>(of elements: [Element]) -> Element { elements[number(0...elements.count - 1)] }

  /// A text with what is hard about text: quotes, escapes, control characters, other scripts, pairs of surrogates.
  mutating func text(maximumScalars: Int) -> String {
    let scalars: [Unicode.Scalar] = [
      "a", "Z", "0", " ", "\"", "\\", "/", "\n", "\r", "\t", "\u{08}", "\u{0C}", "\u{00}", "\u{1F}", "\u{7F}", "é",
      "世", "\u{2028}", "\u{FEFF}", "😀", "\u{10FFFF}", "{", "}", "[", "]", ",", ":", "=", "?",
    ]
    var text = String.UnicodeScalarView()
    for _ in 0..<number(0...maximumScalars) { text.append(element(of: scalars)) }
    return String(text)
  }

  /// A value of any shape. Its numbers are whole: how a fraction is written is another test's matter.
  mutating func value(depth: Int = 4) -> JSONValue {
    switch number(0...(depth > 0 ? 7 : 4)) {
    case 0: .null
    case 1: .bool(happens(oneIn: 2))
    case 2: .integer(Int64(truncatingIfNeeded: next()))
    case 3, 4: .string(text(maximumScalars: 12))
    case 5: .array((0..<number(0...4)).map { _ in value(depth: depth - 1) })
    default: .object(members(depth: depth - 1))
    }
  }

  mutating func members(depth: Int = 3) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    for _ in 0..<number(0...4) {
      let name = text(maximumScalars: 6)
      // Swift calls texts equal that only look alike; such pairs are refused, and tested elsewhere.
      members[name] = value(depth: depth)
    }
    return members
  }
}
