/// The objects of a message that are looked into. Everything else passes through as it is.
public enum MessageScope: Hashable, Sendable, CaseIterable {
  /// The message itself.
  case message
  /// `params` of a request or a notification.
  case params
  /// `params._meta`
  case requestMeta
  /// `result` of a response.
  case result
  /// `result._meta`
  case resultMeta
  /// `error` of a response.
  case error

  /// The scope that a member of this one is, if it is one.
  func scope(of name: [UInt8]) -> MessageScope? {
    switch self {
    case .message:
      if name.elementsEqual("params".utf8) { return .params }
      if name.elementsEqual("result".utf8) { return .result }
      if name.elementsEqual("error".utf8) { return .error }
      return nil
    case .params: return name.elementsEqual("_meta".utf8) ? .requestMeta : nil
    case .result: return name.elementsEqual("_meta".utf8) ? .resultMeta : nil
    case .requestMeta, .resultMeta, .error: return nil
    }
  }

  /// Where this scope is a member, and under which name. Nil for the message itself.
  var place: (parent: MessageScope, name: String)? {
    switch self {
    case .message: nil
    case .params: (.message, "params")
    case .result: (.message, "result")
    case .error: (.message, "error")
    case .requestMeta: (.params, "_meta")
    case .resultMeta: (.result, "_meta")
    }
  }
}
