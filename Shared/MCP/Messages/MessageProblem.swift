/// Why a text is not a message that we take, in the words that its sender is told.
public struct MessageProblem: Error, Hashable, Sendable {
  public let code: RPCErrorCode
  public let message: String
  /// Of the request, if it could be told.
  public let id: MessageIdentifier?

  public init(_ code: RPCErrorCode, _ message: String, id: MessageIdentifier? = nil) {
    self.code = code
    self.message = message
    self.id = id
  }

  init(_ problem: JSONProblem) {
    self.init(problem.reason == .wrongKind ? .invalidRequest : .parseError, "The message is refused: \(problem).")
  }
}
