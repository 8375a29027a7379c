/// What becomes of a ceiling in a change. In JSON: absent, `null`, a list.
public enum CeilingChange: Sendable, Hashable, ExpressibleByArrayLiteral {
  case unchanged
  /// There is none any more.
  case removed
  case set([String])

  public init(arrayLiteral elements: String...) { self = .set(elements) }

  /// The ceiling afterwards.
  ///
  /// - Parameter current: the one before; nil for none.
  public func applied(to current: [String]?) -> [String]? {
    switch self {
    case .unchanged: current
    case .removed: nil
    case .set(let list): list
    }
  }
}

extension KeyedDecodingContainer {
  func decodeCeiling(forKey key: Key) throws -> CeilingChange {
    if let list = try decodeIfPresent([String].self, forKey: key) { return .set(list) }
    return contains(key) ? .removed : .unchanged
  }
}

extension KeyedEncodingContainer {
  mutating func encodeCeiling(_ change: CeilingChange, forKey key: Key) throws {
    switch change {
    case .unchanged: break
    case .removed: try encodeNil(forKey: key)
    case .set(let list): try encode(list, forKey: key)
    }
  }
}
