/// One JSON-RPC 2.0 message of the Model Context Protocol, understood without being decoded.
///
/// The text is checked once and stays as it is. What a gateway must know is found by its place in the text; what it must
/// change, it changes there (``edited(_:)``). Everything else passes through untouched.
public struct MCPMessage: Sendable {
  /// What kind of message it is.
  public enum Kind: Hashable, Sendable {
    case request(id: MessageIdentifier, method: String)
    case notification(method: String)
    case response(id: MessageIdentifier)
    /// A server that could not read the `id` answers without one.
    case errorResponse(id: MessageIdentifier?)
  }

  public let bytes: [UInt8]
  public let kind: Kind
  private let index: MessageIndex

  /// Reads one message.
  ///
  /// - Throws: `MessageProblem` with what to answer, for anything that is not exactly one message.
  public init(_ bytes: [UInt8], limits: JSONLimits = .message) throws(MessageProblem) {
    do {
      index = try MessageIndex(bytes, limits: limits)
    } catch {
      throw MessageProblem(error)
    }
    self.bytes = bytes
    kind = try Self.kind(bytes, index)
  }

  public init(_ bytes: some Sequence<UInt8>, limits: JSONLimits = .message) throws(MessageProblem) {
    try self.init(Array(bytes), limits: limits)
  }

  /// The value of a member, as it is written.
  public func text(_ name: String, in scope: MessageScope = .message) -> JSONText? {
    index.member(name, in: scope).map { JSONText(unchecked: Array(bytes[$0.range])) }
  }

  /// The value of a member that is a string.
  public func string(_ name: String, in scope: MessageScope = .message) -> String? {
    guard let member = index.member(name, in: scope), member.kind == .string else { return nil }
    return JSONString.decode(bytes[member.range].dropFirst().dropLast())
  }

  /// Whether the message has this object.
  public func has(_ scope: MessageScope) -> Bool { index.has(scope) }

  /// Where a member's value stands in ``bytes``.
  public func range(of name: String, in scope: MessageScope = .message) -> Range<Int>? {
    index.member(name, in: scope)?.range
  }

  /// The `id`, if there is one.
  public var id: MessageIdentifier? {
    switch kind {
    case .request(let id, _), .response(let id): id
    case .errorResponse(let id): id
    case .notification: nil
    }
  }

  /// The method of a request or a notification.
  public var method: String? {
    switch kind {
    case .request(_, let method), .notification(let method): method
    case .response, .errorResponse: nil
    }
  }

  public var isRequest: Bool { if case .request = kind { true } else { false } }

  public var isNotification: Bool { if case .notification = kind { true } else { false } }

  public var isResponse: Bool { method == nil }

  private static func kind(_ bytes: [UInt8], _ index: MessageIndex) throws(MessageProblem) -> Kind {
    let idMember = index.member("id", in: .message)
    let id = idMember.flatMap { MessageIdentifier(JSONText(unchecked: Array(bytes[$0.range]))) }
    func refusal(_ text: String) -> MessageProblem { MessageProblem(.invalidRequest, text, id: id) }
    guard let version = index.member("jsonrpc", in: .message), version.kind == .string,
      JSONString.decode(bytes[version.range].dropFirst().dropLast()) == "2.0"
    else { throw refusal("The member jsonrpc must be \"2.0\".") }
    let (hasResult, hasError) = (index.has(.result), index.has(.error))
    if let method = index.member("method", in: .message) {
      guard !hasResult, !hasError else { throw refusal("A message with a method has no result and no error.") }
      guard method.kind == .string, let name = JSONString.decode(bytes[method.range].dropFirst().dropLast()),
        !name.isEmpty
      else { throw refusal("The member method must be a string.") }
      guard idMember != nil else { return .notification(method: name) }
      guard let id else { throw refusal("The member id must be a string or a whole number.") }
      return .request(id: id, method: name)
    }
    guard hasResult != hasError else {
      throw refusal("A message has a method, a result or an error, and only one of them.")
    }
    guard id != nil || (hasError && (idMember == nil || idMember?.kind == .null)) else {
      throw refusal("The member id must be a string or a whole number.")
    }
    guard hasError else { return id.map { .response(id: $0) } ?? .errorResponse(id: nil) }
    guard let code = index.member("code", in: .error), code.kind == .number else {
      throw refusal("The member error.code must be a number.")
    }
    return .errorResponse(id: id)
  }
}
