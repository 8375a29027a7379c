/// The headers that repeat what the body says, for whoever routes without reading bodies.
public enum MirroredHeaders {
  /// The member of `params` that `Mcp-Name` repeats, for the methods that have one.
  static func nameMember(of method: String) -> String? {
    switch method {
    case "tools/call", "prompts/get": "name"
    case "resources/read": "uri"
    default: nil
    }
  }

  /// The headers of a modern request, made from its body.
  ///
  /// - Parameter parameters: What the called tool's schema wants repeated, if it is known.
  public static func headers(
    for message: MCPMessage, parameters: [HeaderParameter] = []
  ) throws(JSONProblem) -> [(name: String, value: String)] {
    guard let method = message.method else { return [] }
    var headers = [(HeaderName.method, method)]
    if let version = message.protocolVersion { headers.append((HeaderName.protocolVersion, version)) }
    if let member = nameMember(of: method), let name = message.string(member, in: .params) {
      headers.append((HeaderName.name, HeaderText.encode(name)))
    }
    if !parameters.isEmpty, let arguments = message.arguments {
      headers += HeaderParameter.headers(parameters, arguments: try JSONNode(arguments.bytes))
    }
    return headers
  }

  /// Holds the headers of a modern request against its body.
  ///
  /// - Parameters:
  ///   - parameters: What the called tool's schema wants repeated, if it is known.
  ///   - values: Every value of a header, in the order they came.
  public static func check(
    _ message: MCPMessage, parameters: [HeaderParameter] = [], values: (String) -> [String]
  ) throws(HeaderMismatch) {
    guard let method = message.method else { return }
    try compare(HeaderName.protocolVersion, message.protocolVersion, values, isEncoded: false)
    // Notifications are not bound to have the others (revision 2026-07-28, transports, sending messages).
    if message.isRequest || !values(HeaderName.method).isEmpty {
      try compare(HeaderName.method, method, values, isEncoded: false)
    }
    if let member = nameMember(of: method) {
      try compare(HeaderName.name, message.string(member, in: .params), values, isEncoded: true)
    }
    guard method == "tools/call", !parameters.isEmpty else { return }
    let arguments: JSONNode?
    do {
      arguments = try message.arguments.map { (text) throws(JSONProblem) in try JSONNode(text.bytes) }
    } catch {
      throw HeaderMismatch(header: HeaderName.parameterPrefix, reason: .bodyUnreadable)
    }
    for parameter in parameters { try parameter.check(arguments, values: values(parameter.headerName)) }
  }

  private static func compare(
    _ header: String, _ body: String?, _ values: (String) -> [String], isEncoded: Bool
  ) throws(HeaderMismatch) {
    let found = values(header)
    guard found.count <= 1 else { throw HeaderMismatch(header: header, reason: .repeated) }
    guard let value = found.first else { throw HeaderMismatch(header: header, reason: .missing) }
    guard let text = isEncoded ? HeaderText.decode(value) : value else {
      throw HeaderMismatch(header: header, reason: .badCharacters)
    }
    // By bytes: two texts that only look alike are not the same name.
    guard let body, text.utf8.elementsEqual(body.utf8) else {
      throw HeaderMismatch(header: header, reason: .different)
    }
  }
}

/// A header that does not say what the body says.
public struct HeaderMismatch: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: String, Sendable {
    case missing = "is missing"
    case repeated = "came more than once"
    case badCharacters = "has characters that it must not have, or is badly encoded"
    case different = "does not say what the body says"
    case unexpected = "is there although the body has no such value"
    case bodyUnreadable = "cannot be compared: the arguments cannot be read"
  }

  public let header: String
  public let reason: Reason

  public var description: String { "The header \(header) \(reason.rawValue)." }
}
