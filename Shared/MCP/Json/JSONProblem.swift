/// Why a text is not the JSON that we take.
public struct JSONProblem: Error, Hashable, Sendable {
  /// What is wrong. The raw value is for people who read an error message.
  public enum Reason: String, Sendable {
    case malformed = "is not JSON"
    case notUTF8 = "is not UTF-8"
    case incomplete = "ends in the middle of a value"
    case trailingBytes = "goes on after the value"
    case tooLarge = "is too large"
    case tooDeep = "is nested too deeply"
    case nameTooLong = "has a member whose name is too long"
    case tooManyMembers = "has an object with too many members"
    case duplicateName = "has the same member twice in one object"
    case loneSurrogate = "has half a surrogate pair in a string"
    case wrongKind = "has a value of the wrong kind"
  }

  public let reason: Reason
  /// Bytes before the place where it was noticed.
  public let offset: Int

  public init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }
}

extension JSONProblem: CustomStringConvertible {
  /// Says what and where, and never quotes the text: it may hold somebody's data.
  public var description: String { "the text \(reason.rawValue) (byte \(offset))" }
}
