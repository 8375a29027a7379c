/// One thing that is wrong with a rule.
public struct RuleProblem: Codable, Hashable, Sendable {
  /// The place in the document, as a JSON pointer (RFC 6901).
  public var pointer: String
  /// What is wrong there and what would be right. Never the value itself: it may be a secret.
  public var message: String

  public init(pointer: String, message: String) {
    self.pointer = pointer
    self.message = message
  }
}

/// Everything that is wrong with a rule, or with a list of them, at once.
public struct RuleProblems: Error, Hashable, Sendable {
  /// In the order of the fields, ``RuleLimits/reportedProblems`` at most.
  public internal(set) var problems: [RuleProblem] = []
  /// Problems beyond those that are told.
  public internal(set) var omitted = 0

  public init() {}

  /// Problems whose text goes into the one sentence for people; all of them are in the facts.
  private static let spelledOut = 8

  /// Notes a problem.
  public mutating func add(_ place: JSONPointer, _ message: String) {
    guard problems.count < RuleLimits.reportedProblems else {
      omitted += 1
      return
    }
    problems.append(RuleProblem(pointer: Self.printable(place.rawValue), message: message))
  }

  /// A name from outside goes into an answer and perhaps a log: short, and without control characters.
  private static func printable(_ pointer: String) -> String {
    String(
      pointer.unicodeScalars.prefix(RuleLimits.pointerBytes).map {
        $0.value >= 32 && $0.value != 127 ? Character($0) : "\u{FFFD}"
      })
  }
}

extension RuleProblems: ServiceErrorConvertible {
  public var serviceError: ServiceError {
    let told = problems.map { "\($0.pointer.isEmpty ? "the rule" : $0.pointer) \($0.message)" }
    let rest = told.count + omitted - min(told.count, Self.spelledOut)
    let sentences = told.prefix(Self.spelledOut).joined(separator: "; ")
    return ServiceError(
      .invalidRequest, rest > 0 ? "\(sentences); and \(rest) more." : "\(sentences).",
      facts: ["fields": problems.map(\.pointer), "problems": told])
  }
}
