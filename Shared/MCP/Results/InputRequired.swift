public import Model

/// A result that says: ask the person, then send the request again with the answers (revision 2026-07-28, multi round-trip).
public struct InputRequired: Sendable {
  /// What is asked, by keys of the server's choice.
  public var requests: [(key: String, request: InputRequest)]
  /// Comes back with the answers. Seal it: the client could change it.
  public var state: String?
  /// More for a client that knows of it; not read from what a server sends.
  public var meta: JSONText?

  public init(requests: [(key: String, request: InputRequest)], state: String? = nil, meta: JSONText? = nil) {
    self.requests = requests
    self.state = state
    self.meta = meta
  }

  /// Reads a result; nil unless it is one that asks.
  public init?(_ message: MCPMessage) {
    guard message.resultType == .inputRequired else { return nil }
    let text = message.text("inputRequests", in: .result)
    guard text != nil || message.requestState != nil else { return nil }
    self.init(requests: [], state: message.requestState)
    guard let text else { return }
    guard let members = (try? JSONNode(text.bytes))?.members else { return nil }
    for (key, node) in members {
      guard let method = node["method"]?.string else { return nil }
      requests.append((key, Self.request(method, node, text)))
    }
  }

  private static func request(_ method: String, _ node: JSONNode, _ text: JSONText) -> InputRequest {
    if method == "elicitation/create", let params = node["params"] {
      if let url = URLElicitation(params) { return .url(url) }
      if let form = FormElicitation(params, in: text) { return .form(form) }
    }
    return .other(method: method, JSONText(unchecked: Array(text.bytes[node.range])))
  }

  /// Only the URLs to open.
  public var urls: [URLElicitation] { requests.compactMap { if case .url(let url) = $0.request { url } else { nil } } }

  /// The forms to fill in by their keys; nil where something else is asked as well.
  public var forms: [(key: String, form: FormElicitation)]? {
    let forms = requests.compactMap { key, request -> (key: String, form: FormElicitation)? in
      if case .form(let form) = request { (key, form) } else { nil }
    }
    return forms.count == requests.count && !forms.isEmpty ? forms : nil
  }

  public var result: JSONText {
    .object([
      "resultType": JSONText(ResultType.inputRequired.rawValue),
      "inputRequests": requests.isEmpty ? nil : .object(requests.map { ($0.key, $0.request.text) }),
      "requestState": state.map { JSONText($0) }, "_meta": meta,
    ])
  }
}

/// What the person answered.
public struct InputResponse: Hashable, Sendable {
  public enum Action: String, Sendable {
    /// Agreed: to what the form says, or to open the address. Not that anything happened there.
    case accept
    case decline
    case cancel
  }

  public let action: Action
  /// What was filled in.
  public let content: JSONValue?

  public init(action: Action, content: JSONValue? = nil) {
    self.action = action
    self.content = content
  }

  /// The answers to elicitations in a request, by the keys of the questions. Other answers are left out.
  public static func all(in message: MCPMessage) -> [String: InputResponse] {
    guard let members = message.inputResponses.flatMap({ try? JSONNode($0.bytes) })?.members else { return [:] }
    var responses: [String: InputResponse] = [:]
    for (key, node) in members { responses[key] = InputResponse(node) }
    return responses
  }

  /// The answer of a legacy client to `elicitation/create`.
  public init?(_ message: MCPMessage) {
    guard let action = message.string("action", in: .result).flatMap(Action.init(rawValue:)) else { return nil }
    self.init(action: action, content: message.text("content", in: .result).flatMap { try? $0.decoded() })
  }

  private init?(_ node: JSONNode) {
    guard let action = node["action"]?.string.flatMap(Action.init(rawValue:)) else { return nil }
    self.init(action: action, content: node["content"].map { JSONValue($0) })
  }
}
