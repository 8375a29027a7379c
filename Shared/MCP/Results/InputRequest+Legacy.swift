/// The same questions in the legacy era: a request of the server's own, and the client's response to it.
extension InputRequest {
  /// What a legacy server asks in the middle of its answer; nil for a request that asks the person nothing.
  public init?(_ message: MCPMessage) {
    guard message.isRequest, let method = message.method, method == "elicitation/create",
      let params = message.text("params"), let node = try? JSONNode(params.bytes)
    else { return nil }
    if let url = URLElicitation(node) {
      self = .url(url)
    } else if let form = FormElicitation(node, in: params) {
      self = .form(form)
    } else {
      return nil
    }
  }
}

extension FormElicitation {
  /// - Parameter text: what the node was read from.
  init?(_ node: JSONNode, in text: JSONText) {
    // Revision 2025-06-18 has forms and no word for them.
    guard node["mode"]?.string ?? ElicitationMode.form.rawValue == ElicitationMode.form.rawValue,
      let message = node["message"]?.string, let schema = node["requestedSchema"]
    else { return nil }
    self.init(message: message, requestedSchema: JSONText(unchecked: Array(text.bytes[schema.range])))
  }
}

extension InputResponse {
  /// A legacy client's answer as the other side takes it, with what was filled in as it is written. An error, or an answer that is none,
  /// says that nobody decided.
  public static func text(of message: MCPMessage) -> JSONText {
    guard let response = InputResponse(message) else { return cancelled }
    return .object([
      "action": JSONText(response.action.rawValue),
      "content": response.action == .accept ? message.text("content", in: .result) : nil,
    ])
  }

  /// A modern client's answer to one question.
  public static func text(in message: MCPMessage, key: String) -> JSONText {
    guard let response = all(in: message)[key], let given = message.inputResponses?.member(key) else {
      return cancelled
    }
    return .object([
      "action": JSONText(response.action.rawValue),
      "content": response.action == .accept ? given.member("content") : nil,
    ])
  }

  /// Nobody decided.
  public static let cancelled = JSONText.object(["action": JSONText(Action.cancel.rawValue)])
}
