/// Asks the person to open an address.
public struct URLElicitation: Hashable, Sendable {
  public var message: String
  public var url: String
  /// Only in revision 2025-11-25: names it in the notification that it is done.
  public var elicitationId: String?

  public init(message: String, url: String, elicitationId: String? = nil) {
    self.message = message
    self.url = url
    self.elicitationId = elicitationId
  }

  init?(_ node: JSONNode) {
    guard node["mode"]?.string == ElicitationMode.url.rawValue, let message = node["message"]?.string,
      let url = node["url"]?.string
    else { return nil }
    self.init(message: message, url: url, elicitationId: node["elicitationId"]?.string)
  }

  /// What the error -32042 of an answer asks to open. Empty for anything else.
  public static func all(inErrorOf message: MCPMessage) -> [URLElicitation] {
    guard message.errorCode == RPCErrorCode.urlElicitationRequired.rawValue,
      let data = message.errorData.flatMap({ try? JSONNode($0.bytes) })
    else { return [] }
    return (data["elicitations"]?.elements ?? []).compactMap { URLElicitation($0) }
  }

  var parameters: JSONText {
    .object(["mode": "url", "message": JSONText(message), "url": JSONText(url)])
  }

  /// The revision of 2025-11-25 demands an id.
  var legacyParameters: JSONText {
    .object([
      "mode": "url", "elicitationId": JSONText(elicitationId ?? url), "url": JSONText(url),
      "message": JSONText(message),
    ])
  }
}

/// Asks the person to fill in a form. Never for secrets.
public struct FormElicitation: Hashable, Sendable {
  public var message: String
  /// A flat JSON Schema, as it is written.
  public var requestedSchema: JSONText

  public init(message: String, requestedSchema: JSONText) {
    self.message = message
    self.requestedSchema = requestedSchema
  }

  var parameters: JSONText {
    .object(["mode": "form", "message": JSONText(message), "requestedSchema": requestedSchema])
  }
}

/// What a server asks of the client in the middle of a request.
public enum InputRequest: Hashable, Sendable {
  case url(URLElicitation)
  case form(FormElicitation)
  /// Something else, as it is written.
  case other(method: String, JSONText)

  /// The request of the modern era; the legacy one has the same method and parameters.
  public var text: JSONText {
    switch self {
    case .url(let elicitation): Self.elicitation(elicitation.parameters)
    case .form(let elicitation): Self.elicitation(elicitation.parameters)
    case .other(_, let text): text
    }
  }

  /// The same as a request of its own, as a legacy server sends it in the middle of an answer.
  public func message(_ id: MessageIdentifier) -> [UInt8] {
    JSONText.object(["jsonrpc": "2.0", "id": id.text, "method": text.member("method"), "params": text.member("params")])
      .bytes
  }

  private static func elicitation(_ parameters: JSONText) -> JSONText {
    .object(["method": "elicitation/create", "params": parameters])
  }
}
