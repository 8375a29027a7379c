/// `PATCH /v1/mcp-servers/{id}`: absent fields stay as they are. The URL is fixed: a token must not follow a server to another address.
public struct UpdateMCPServer: Codable, Sendable {
  public var name: String?
  /// Replaces the whole `auth`; a static token stays when it gives none.
  public var auth: MCPServerAuthInput?
  /// Without one, all tools.
  public var allowedTools: CeilingChange
  /// An empty text removes it.
  public var description: String?
  public var status: MCPServer.Status?
  public var pinning: Bool?

  public init(
    name: String? = nil, auth: MCPServerAuthInput? = nil, allowedTools: CeilingChange = .unchanged,
    description: String? = nil, status: MCPServer.Status? = nil, pinning: Bool? = nil
  ) {
    self.name = name
    self.auth = auth
    self.allowedTools = allowedTools
    self.description = description
    self.status = status
    self.pinning = pinning
  }

  private enum CodingKeys: String, CodingKey { case name, auth, allowedTools, description, status, pinning }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decodeIfPresent(String.self, forKey: .name)
    auth = try container.decodeIfPresent(MCPServerAuthInput.self, forKey: .auth)
    allowedTools = try container.decodeCeiling(forKey: .allowedTools)
    description = try container.decodeIfPresent(String.self, forKey: .description)
    status = try container.decodeIfPresent(MCPServer.Status.self, forKey: .status)
    pinning = try container.decodeIfPresent(Bool.self, forKey: .pinning)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(name, forKey: .name)
    try container.encodeIfPresent(auth, forKey: .auth)
    try container.encodeCeiling(allowedTools, forKey: .allowedTools)
    try container.encodeIfPresent(description, forKey: .description)
    try container.encodeIfPresent(status, forKey: .status)
    try container.encodeIfPresent(pinning, forKey: .pinning)
  }
}
