/// The one error that crosses a process boundary.
///
/// `code` is for programs and stable, `detail` is for people and says what to do next: both leave the process, as an RFC 9457 problem document.
/// `cause` never does.
public struct ServiceError: Error, Sendable {
  /// The stable code; the same text reaches a browser as `error.code`.
  public var code: ErrorCode
  /// A sentence for people: what happened and what to do next. Never a secret, never a provider's raw body.
  public var detail: String
  /// Named facts that a program may need, for example what still uses an Integration. Never secrets.
  public var facts: [String: [String]]
  /// Seconds after which a retry makes sense (`Retry-After`).
  public var retryAfter: Int?
  /// What lay behind it, for our own logs by type only.
  public var cause: (any Error)?

  public init(
    _ code: ErrorCode, _ detail: String, facts: [String: [String]] = [:], retryAfter: Int? = nil,
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.detail = detail
    self.facts = facts
    self.retryAfter = retryAfter
    self.cause = cause
  }
}

extension ServiceError: CustomStringConvertible, CustomReflectable {
  /// The code and the sentence for people; the cause's text may hold anything and is not shown.
  public var description: String { "\(code.rawValue): \(detail)" }
  public var customMirror: Mirror { Mirror(self, children: ["code": code.rawValue, "detail": detail]) }
}

/// An error of one concept that knows how it looks from outside.
public protocol ServiceErrorConvertible: Error {
  var serviceError: ServiceError { get }
}

extension ServiceError: ServiceErrorConvertible {
  public var serviceError: ServiceError { self }
}
