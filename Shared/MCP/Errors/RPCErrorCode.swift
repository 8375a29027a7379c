/// A code of a JSON-RPC error, with the HTTP status that goes with it.
public struct RPCErrorCode: RawRepresentable, Hashable, Sendable {
  public let rawValue: Int

  public init(rawValue: Int) { self.rawValue = rawValue }

  // JSON-RPC 2.0 section 5.1
  public static let parseError = RPCErrorCode(rawValue: -32_700)
  public static let invalidRequest = RPCErrorCode(rawValue: -32_600)
  public static let methodNotFound = RPCErrorCode(rawValue: -32_601)
  public static let invalidParams = RPCErrorCode(rawValue: -32_602)
  public static let internalError = RPCErrorCode(rawValue: -32_603)

  // Revision 2026-07-28
  /// A header is missing, or does not say what the body says.
  public static let headerMismatch = RPCErrorCode(rawValue: -32_020)
  /// The request needs something that the client did not declare.
  public static let missingClientCapability = RPCErrorCode(rawValue: -32_021)
  public static let unsupportedProtocolVersion = RPCErrorCode(rawValue: -32_022)

  // Revisions until 2025-11-25
  /// The person must open a URL first. Only in 2025-11-25.
  public static let urlElicitationRequired = RPCErrorCode(rawValue: -32_042)
  public static let resourceNotFound = RPCErrorCode(rawValue: -32_002)
  /// What servers answer for a session that they do not know; no revision defines it.
  public static let sessionNotFound = RPCErrorCode(rawValue: -32_001)

  /// Whether a modern exchange may carry it.
  public var isModern: Bool { self != .urlElicitationRequired && self != .resourceNotFound }

  /// The HTTP status of an answer that carries this error.
  ///
  /// In the modern era an error of the protocol is a 4xx, so that a client can tell it from an old server's. An unknown tool is -32602
  /// as well, but is answered with 200: only what is wrong with the request as such is a 400, so callers say which it is.
  ///
  /// - Parameter isAboutRequest: Whether the request itself is malformed, rather than what it asks for is unknown.
  public func status(in era: Era, isAboutRequest: Bool = true) -> Int {
    switch self {
    case .parseError, .invalidRequest: 400
    case .headerMismatch, .missingClientCapability, .unsupportedProtocolVersion: 400
    case .methodNotFound: era == .modern ? 404 : 200
    case .invalidParams: era == .modern && isAboutRequest ? 400 : 200
    case .sessionNotFound: 404
    default: 200
    }
  }
}
