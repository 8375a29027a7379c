/// `PATCH /v1/mcp-servers/{id}`: absent fields stay as they are. The URL is fixed: a token must not follow a server to another address.
public struct UpdateMCPServer: Codable, Sendable {
  /// What becomes of the ceiling. In JSON: absent, `null`, a list.
  public enum Ceiling: Sendable, Hashable {
    case unchanged
    /// All tools again.
    case removed
    case set([String])
  }

  public var name: String?
  /// Replaces the whole `auth`; a static token stays when it gives none.
  public var auth: MCPServerAuthInput?
  public var allowedTools: Ceiling
  /// An empty text removes it.
  public var description: String?
  public var status: MCPServer.Status?
  public var pinning: Bool?

  public init(
    name: String? = nil, auth: MCPServerAuthInput? = nil, allowedTools: Ceiling = .unchanged,
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
    if let tools = try container.decodeIfPresent([String].self, forKey: .allowedTools) {
      allowedTools = .set(tools)
    } else {
      allowedTools = container.contains(.allowedTools) ? .removed : .unchanged
    }
    description = try container.decodeIfPresent(String.self, forKey: .description)
    status = try container.decodeIfPresent(MCPServer.Status.self, forKey: .status)
    pinning = try container.decodeIfPresent(Bool.self, forKey: .pinning)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(name, forKey: .name)
    try container.encodeIfPresent(auth, forKey: .auth)
    switch allowedTools {
    case .unchanged: break
    case .removed: try container.encodeNil(forKey: .allowedTools)
    case .set(let tools): try container.encode(tools, forKey: .allowedTools)
    }
    try container.encodeIfPresent(description, forKey: .description)
    try container.encodeIfPresent(status, forKey: .status)
    try container.encodeIfPresent(pinning, forKey: .pinning)
  }
}
