/// An RFC 9457 problem document, the only form in which an error leaves a process.
public struct ProblemDocument: Codable, Sendable {
  /// The media type of RFC 9457 section 3.
  public static let mediaType = "application/problem+json"

  /// A stable URI of the problem type: `urn:lanyard:problem:<code>`.
  public var type: String
  public var title: String
  public var status: Int
  public var detail: String
  /// The stable code.
  public var code: ErrorCode
  /// Names the request in our logs.
  public var requestId: String
  /// Named facts, for example what still uses an Integration.
  public var facts: [String: [String]]?

  public init(_ error: ServiceError, requestId: String) {
    type = "urn:lanyard:problem:\(error.code.rawValue)"
    title = error.code.title
    status = error.code.status
    detail = error.detail
    code = error.code
    self.requestId = requestId
    facts = error.facts.isEmpty ? nil : error.facts
  }

  /// The error that this document speaks of, as the calling service sees it.
  public var serviceError: ServiceError { ServiceError(code, detail, facts: facts ?? [:]) }
}
