/// A JSON-RPC error, ready to be sent.
public struct RPCError: Error, Hashable, Sendable {
  public let code: RPCErrorCode
  /// For people. Leaves the process.
  public let message: String
  /// More, for programs.
  public let data: JSONText?
  /// See ``RPCErrorCode/status(in:isAboutRequest:)``.
  public let isAboutRequest: Bool

  public init(_ code: RPCErrorCode, _ message: String, data: JSONText? = nil, isAboutRequest: Bool = true) {
    self.code = code
    self.message = message
    self.data = data
    self.isAboutRequest = isAboutRequest
  }

  public init(_ problem: MessageProblem) { self.init(problem.code, problem.message) }

  public func status(in era: Era) -> Int { code.status(in: era, isAboutRequest: isAboutRequest) }

  /// The response that carries it. Without an `id` where the request's could not be read: legacy clients expect null there,
  /// modern ones nothing.
  public func response(to id: MessageIdentifier?, era: Era = .modern) -> [UInt8] {
    let error = JSONText.object(["code": JSONText(code.rawValue), "message": JSONText(message), "data": data])
    return JSONText.object([
      "jsonrpc": "2.0", "id": id?.text ?? (era == .legacy ? .null : nil), "error": error,
    ]).bytes
  }
}

extension RPCError {
  public static func methodNotFound(_ method: String) -> RPCError {
    RPCError(.methodNotFound, "The method \(method) is not known here.")
  }

  /// What was asked for does not exist: the request as such is fine, so it is no 400.
  public static func unknown(_ what: String) -> RPCError {
    RPCError(.invalidParams, what, isAboutRequest: false)
  }

  /// The request lacks a member of `_meta` that every modern request has.
  public static func missingMeta(_ name: String) -> RPCError {
    RPCError(.invalidParams, "The request lacks _meta[\"\(name)\"].")
  }

  public static func headerMismatch(_ mismatch: HeaderMismatch) -> RPCError {
    RPCError(.headerMismatch, mismatch.description)
  }

  /// - Parameter required: What the client should have declared.
  public static func missingCapability(_ required: ClientCapabilities) -> RPCError {
    RPCError(
      .missingClientCapability, "The client lacks a capability that this request needs.",
      data: .object(["requiredCapabilities": required.text]))
  }

  public static func unsupportedVersion(
    _ requested: String, supported: [ProtocolRevision] = ProtocolRevision.supported
  ) -> RPCError {
    RPCError(
      .unsupportedProtocolVersion, "The protocol revision is not spoken here.",
      data: .object([
        "supported": .array(supported.map { JSONText($0.rawValue) }), "requested": JSONText(requested),
      ]))
  }

  /// Asks a client of revision 2025-11-25 to open URLs before it tries again.
  public static func urlElicitation(_ message: String, _ elicitations: [URLElicitation]) -> RPCError {
    RPCError(
      .urlElicitationRequired, message,
      data: .object(["elicitations": .array(elicitations.map { $0.legacyParameters })]))
  }
}

extension RPCError: CustomStringConvertible {
  public var description: String { "JSON-RPC error \(code.rawValue): \(message)" }
}
