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

  /// A few different elements, at least one.
  mutating func few<Element>(of elements: [Element]) -> [Element] {
    Array(elements.shuffled(using: &self).prefix(number(1...min(3, elements.count))))
  }
}
