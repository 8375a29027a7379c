/// Names of `_meta` members that the protocol defines.
public enum MetaName {
  public static let protocolVersion = "io.modelcontextprotocol/protocolVersion"
  public static let clientCapabilities = "io.modelcontextprotocol/clientCapabilities"
  public static let clientInfo = "io.modelcontextprotocol/clientInfo"
  public static let logLevel = "io.modelcontextprotocol/logLevel"
  public static let serverInfo = "io.modelcontextprotocol/serverInfo"
  public static let subscriptionId = "io.modelcontextprotocol/subscriptionId"
  public static let progressToken = "progressToken"

  /// What a request of the modern era carries and one of the legacy era does not.
  static let ofModernRequests = [protocolVersion, clientCapabilities, clientInfo, logLevel]
}

/// What a request says.
extension MCPMessage {
  /// `params.name`: the tool or the prompt.
  public var name: String? { string("name", in: .params) }

  /// `params.uri`: the resource.
  public var uri: String? { string("uri", in: .params) }

  /// `params.arguments`, as it is written.
  public var arguments: JSONText? { text("arguments", in: .params) }

  /// `params.cursor`: the page that is asked for.
  public var cursor: String? { string("cursor", in: .params) }

  /// The token under which the caller wants to hear of progress.
  public var progressToken: MessageIdentifier? {
    text(MetaName.progressToken, in: .requestMeta).flatMap { MessageIdentifier($0) }
  }

  /// The revision that a modern request carries. Nil for a legacy one.
  public var protocolVersion: String? { string(MetaName.protocolVersion, in: .requestMeta) }

  /// What the client can do: of a modern request, or of a legacy `initialize`.
  public var clientCapabilities: ClientCapabilities? {
    (text(MetaName.clientCapabilities, in: .requestMeta) ?? text("capabilities", in: .params))
      .flatMap { ClientCapabilities($0) }
  }

  /// Who the client says it is: of a modern request, or of a legacy `initialize`. Nobody checks it.
  public var clientInfo: Implementation? {
    (text(MetaName.clientInfo, in: .requestMeta) ?? text("clientInfo", in: .params)).flatMap { Implementation($0) }
  }

  /// The answers to what the server asked before, as they are written.
  public var inputResponses: JSONText? { text("inputResponses", in: .params) }

  /// The state that the server asked to get back. Whoever reads it treats it as an attacker's.
  public var requestState: String? { string("requestState", in: .params) ?? string("requestState", in: .result) }

  /// `params.requestId` of a notification that cancels.
  public var cancelledRequest: MessageIdentifier? {
    text("requestId", in: .params).flatMap { MessageIdentifier($0) }
  }
}

/// What a response says.
extension MCPMessage {
  /// `result.resultType`; a result without one is complete (revision 2026-07-28, basic).
  public var resultType: ResultType? {
    guard has(.result) else { return nil }
    guard text("resultType", in: .result) != nil else { return .complete }
    return ResultType(rawValue: string("resultType", in: .result) ?? "")
  }

  /// `result.isError`: the tool says that it failed.
  public var isToolError: Bool { text("isError", in: .result)?.boolean == true }

  public var errorCode: Int? { text("code", in: .error)?.integer }

  public var errorMessage: String? { string("message", in: .error) }

  /// `error.data`, as it is written.
  public var errorData: JSONText? { text("data", in: .error) }
}

/// What became of a request: finished, waiting for input, or something that an extension defines.
public enum ResultType: Hashable, Sendable, RawRepresentable {
  case complete, inputRequired
  case other(String)

  public init(rawValue: String) {
    switch rawValue {
    case "complete": self = .complete
    case "input_required": self = .inputRequired
    default: self = .other(rawValue)
    }
  }

  public var rawValue: String {
    switch self {
    case .complete: "complete"
    case .inputRequired: "input_required"
    case .other(let name): name
    }
  }
}
