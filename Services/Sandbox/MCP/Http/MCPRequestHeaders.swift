import HTTPTypes
import MCP

/// The headers of a request that the protocol speaks of.
struct MCPRequestHeaders: Sendable {
  private let fields: HTTPFields

  init(_ fields: HTTPFields) { self.fields = fields }

  /// Every value of a header, in the order they came.
  func values(_ name: String) -> [String] {
    HTTPField.Name(name).map { fields[values: $0] } ?? []
  }

  var protocolVersion: String? { fields[.mcpProtocolVersion] }

  var sessionID: String? { fields[.mcpSessionID] }
}

extension HTTPField.Name {
  // Literals that are header names: the initializer refuses only what is none.
  static let mcpProtocolVersion = name(HeaderName.protocolVersion)
  static let mcpSessionID = name(HeaderName.sessionId)

  private static func name(_ text: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is a header name") }
    return name
  }
}
