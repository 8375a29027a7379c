/// How calls to an MCP server prove themselves. Holds no token.
public struct MCPServerAuth: Codable, Sendable, Hashable {
  public enum Method: String, Codable, Sendable, CaseIterable {
    case none
    /// One token of the organization for everyone.
    case staticToken
    /// Each member's own Connection.
    case oauth
  }

  public var type: Method
  /// For `oauth`: absent until one has been set up or discovered from the URL.
  public var integrationId: IntegrationID?
  /// For `oauth`: absent = the Integration's default scopes.
  public var scopes: [String]?
  /// For `staticToken`: the header that carries the token.
  public var header: String?
  /// For `staticToken`: the word before the token, followed by one blank; empty = the token alone.
  public var prefix: String?

  public init(
    type: Method, integrationId: IntegrationID? = nil, scopes: [String]? = nil, header: String? = nil,
    prefix: String? = nil
  ) {
    self.type = type
    self.integrationId = integrationId
    self.scopes = scopes
    self.header = header
    self.prefix = prefix
  }

  /// The header for a static token unless said otherwise.
  public static let standardHeader = "Authorization"
  /// The word before a static token in the standard header; other headers have none unless said otherwise.
  public static let standardPrefix = "Bearer"

  /// What stands in the header.
  public func headerValue(_ token: Secret<String>) -> Secret<String> {
    guard let prefix, !prefix.isEmpty else { return token }
    return Secret(token.expose { "\(prefix) \($0)" })
  }
}

/// ``MCPServerAuth`` as an owner gives it, with the token.
public struct MCPServerAuthInput: Codable, Sendable {
  public var type: MCPServerAuth.Method
  /// For `staticToken`. In a change it may be absent: then the stored one stays.
  public var token: WireSecret?
  public var header: String?
  public var prefix: String?
  /// For `oauth`. Absent: discovered from the URL.
  public var integrationId: IntegrationID?
  public var scopes: [String]?
  /// For `oauth` without an Integration: the one way to become a client that is wanted. Absent: the first that works.
  public var registration: Integration.Registration?

  public init(
    type: MCPServerAuth.Method, token: WireSecret? = nil, header: String? = nil, prefix: String? = nil,
    integrationId: IntegrationID? = nil, scopes: [String]? = nil, registration: Integration.Registration? = nil
  ) {
    self.type = type
    self.token = token
    self.header = header
    self.prefix = prefix
    self.integrationId = integrationId
    self.scopes = scopes
    self.registration = registration
  }
}
