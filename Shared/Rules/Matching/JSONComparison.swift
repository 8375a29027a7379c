import Model

/// Compares single JSON values as rules do.
enum JSONComparison {
  enum Order { case less, equal, greater }

  /// Texts are equal byte by byte: two spellings of `é` reach a tool as different texts. Numbers are equal by value,
  /// otherwise `1.0` would pass a rule about `1`. Arrays and objects equal nothing.
  static func areEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
    default: order(left, right) == .equal
    }
  }

  /// The order of two numbers, exactly; nil for anything else.
  static func order(_ left: JSONValue, _ right: JSONValue) -> Order? {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): compare(left, right)
    case (.number(let left), .number(let right)): left.isNaN || right.isNaN ? nil : compare(left, right)
    case (.integer(let left), .number(let right)): compareExactly(left, right)
    case (.number(let left), .integer(let right)):
      switch compareExactly(right, left) {
      case .less: .greater
      case .greater: .less
      case let other: other
      }
    default: nil
    }
  }

  private static func compare<Value: Comparable>(_ left: Value, _ right: Value) -> Order {
    left < right ? .less : left == right ? .equal : .greater
  }

  /// A whole number that has more digits than a double is not rounded first.
  private static func compareExactly(_ left: Int64, _ right: Double) -> Order? {
    guard !right.isNaN else { return nil }
    // 2 to the 63rd: the first double above every Int64, and with a minus the least Int64 itself.
    let beyond = 0x1p63
    if right >= beyond { return .less }
    if right < -beyond { return .greater }
    let whole = compare(left, Int64(right))
    return whole == .equal ? compare(right.rounded(.towardZero), right) : whole
  }
}
