/// What a legacy client opens a connection with.
public struct InitializeRequest: Hashable, Sendable {
  public var protocolVersion: String
  public var capabilities: ClientCapabilities
  public var client: Implementation

  public init(protocolVersion: String, capabilities: ClientCapabilities, client: Implementation) {
    self.protocolVersion = protocolVersion
    self.capabilities = capabilities
    self.client = client
  }

  /// Reads a request.
  ///
  /// - Throws: `RPCError` that names the member which is missing.
  public init(_ message: MCPMessage) throws(RPCError) {
    guard let version = message.string("protocolVersion", in: .params) else { throw Self.missing("protocolVersion") }
    guard let capabilities = message.text("capabilities", in: .params).flatMap({ ClientCapabilities($0) }) else {
      throw Self.missing("capabilities")
    }
    guard let client = message.text("clientInfo", in: .params).flatMap({ Implementation($0) }) else {
      throw Self.missing("clientInfo")
    }
    self.init(protocolVersion: version, capabilities: capabilities, client: client)
  }

  private static func missing(_ name: String) -> RPCError {
    RPCError(.invalidParams, "The member params.\(name) of initialize is missing or malformed.")
  }

  public func message(_ id: MessageIdentifier) -> [UInt8] {
    OutgoingMessage.request(
      id, "initialize",
      [
        ("protocolVersion", JSONText(protocolVersion)), ("capabilities", capabilities.text),
        ("clientInfo", client.text),
      ])
  }
}

/// What a legacy server answers.
public struct InitializeResult: Hashable, Sendable {
  public var protocolVersion: String
  /// As it is written.
  public var capabilities: JSONText
  public var server: Implementation
  public var instructions: String?

  public init(
    protocolVersion: String, capabilities: JSONText, server: Implementation, instructions: String? = nil
  ) {
    self.protocolVersion = protocolVersion
    self.capabilities = capabilities
    self.server = server
    self.instructions = instructions
  }

  /// Reads an answer; nil unless it is one to `initialize`.
  public init?(_ message: MCPMessage) {
    guard let version = message.string("protocolVersion", in: .result),
      let capabilities = message.text("capabilities", in: .result), capabilities.isObject,
      let server = message.text("serverInfo", in: .result).flatMap({ Implementation($0) })
    else { return nil }
    self.init(
      protocolVersion: version, capabilities: capabilities, server: server,
      instructions: message.string("instructions", in: .result))
  }

  public var result: JSONText {
    .object([
      "protocolVersion": JSONText(protocolVersion), "capabilities": capabilities, "serverInfo": server.text,
      "instructions": instructions.map { JSONText($0) },
    ])
  }
}
