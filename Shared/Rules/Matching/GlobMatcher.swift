import Model

/// Matches texts against a ``GlobPattern`` in time linear in text and pattern together, whatever they are.
///
/// The first literal must begin the text and the last one end it. Those between are found from left to right, each at
/// its first place after the one before: if any way to place them exists, this one does.
struct GlobMatcher: Sendable {
  private let head: [UInt8]
  private let middle: [ByteSearch]
  private let tail: [UInt8]
  private let isLiteral: Bool

  init(_ pattern: GlobPattern) {
    let literals = pattern.literals.map { Array($0.utf8) }
    head = literals.first ?? []
    tail = literals.last ?? []
    middle = literals.dropFirst().dropLast().filter { !$0.isEmpty }.map(ByteSearch.init)
    isLiteral = pattern.isLiteral
  }

  func matches(_ text: String) -> Bool {
    var steps = 0
    return matches(text, steps: &steps)
  }

  /// - Parameter steps: grows by one for each byte that is looked at, and each step back in a literal.
  func matches(_ text: String, steps: inout Int) -> Bool {
    var counted = steps
    defer { steps = counted }
    return text.utf8.withContiguousStorageIfAvailable { matches($0, &counted) }
      ?? Array(text.utf8).withUnsafeBufferPointer { matches($0, &counted) }
  }

  private func matches(_ text: UnsafeBufferPointer<UInt8>, _ steps: inout Int) -> Bool {
    if isLiteral { return text.count == head.count && Self.holds(text, head, at: 0, &steps) }
    let end = text.count - tail.count
    guard head.count <= end, Self.holds(text, head, at: 0, &steps), Self.holds(text, tail, at: end, &steps) else {
      return false
    }
    var place = head.count
    for literal in middle {
      guard let next = literal.end(in: text, from: place, to: end, &steps) else { return false }
      place = next
    }
    return true
  }

  private static func holds(
    _ text: UnsafeBufferPointer<UInt8>, _ literal: [UInt8], at place: Int, _ steps: inout Int
  ) -> Bool {
    for (offset, byte) in literal.enumerated() {
      steps += 1
      if text[place + offset] != byte { return false }
    }
    return true
  }
}

/// Finds a literal without ever reading a byte of the text twice (Knuth, Morris and Pratt 1977).
private struct ByteSearch: Sendable {
  private let literal: [UInt8]
  /// For each length of a match, the length that is left of it when the next byte does not fit.
  private let fallback: [Int]

  init(_ literal: [UInt8]) {
    self.literal = literal
    var fallback = [0, 0]
    var length = 0
    for byte in literal.dropFirst() {
      while length > 0, literal[length] != byte { length = fallback[length] }
      if literal[length] == byte { length += 1 }
      fallback.append(length)
    }
    self.fallback = fallback
  }

  /// The place after the first occurrence within a range, or nil.
  func end(in text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, _ steps: inout Int) -> Int? {
    var length = 0
    for place in start..<end {
      steps += 1
      while length > 0, literal[length] != text[place] {
        steps += 1
        length = fallback[length]
      }
      if literal[length] == text[place] { length += 1 }
      if length == literal.count { return place + 1 }
    }
    return nil
  }
}
