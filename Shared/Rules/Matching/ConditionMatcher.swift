import Model

/// One ``ArgumentCondition``, ready to be asked.
struct ConditionMatcher: Sendable {
  private enum Test: Sendable {
    case isEqual(JSONValue)
    case isNotEqual(JSONValue)
    case isAmong([JSONValue])
    case begins([UInt8])
    case matches(GlobMatcher)
    case isLess(JSONValue)
    case isGreater(JSONValue)
  }

  private let pointer: JSONPointer
  private let test: Test

  init(_ condition: ArgumentCondition) {
    pointer = condition.pointer
    test =
      switch condition.test {
      case .equals(let value): .isEqual(value)
      case .notEquals(let value): .isNotEqual(value)
      case .oneOf(let values): .isAmong(values)
      case .prefix(let text): .begins(Array(text.utf8))
      case .pattern(let pattern): .matches(GlobMatcher(pattern))
      case .lessThan(let value): .isLess(value)
      case .greaterThan(let value): .isGreater(value)
      }
  }

  /// Why a condition does or does not hold.
  enum Finding { case holds, fails, leadsNowhere, cannotJudge }

  func find(in arguments: JSONValue) -> Finding {
    guard let value = pointer.evaluate(in: arguments) else { return .leadsNowhere }
    guard let holds = judge(value) else { return .cannotJudge }
    return holds ? .holds : .fails
  }

  /// Nil for a value that the operator cannot judge.
  private func judge(_ value: JSONValue) -> Bool? {
    switch test {
    case .isEqual(let other): return JSONComparison.areEqual(value, other)
    case .isNotEqual(let other): return !JSONComparison.areEqual(value, other)
    case .isAmong(let others): return others.contains { JSONComparison.areEqual(value, $0) }
    case .begins(let start):
      guard case .string(let text) = value else { return nil }
      return text.utf8.starts(with: start)
    case .matches(let pattern):
      guard case .string(let text) = value else { return nil }
      return pattern.matches(text)
    case .isLess(let bound): return JSONComparison.order(value, bound).map { $0 == .less }
    case .isGreater(let bound): return JSONComparison.order(value, bound).map { $0 == .greater }
    }
  }
}
