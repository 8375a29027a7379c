/// What can be learned about an MCP server's authorization by its URL alone: RFC 9728, then RFC 8414. Holds no secret.
///
/// `POST /v1/mcp-servers/discover` shows it to owners without storing anything.
public struct MCPServerDiscovery: Codable, Sendable {
  /// How the server meets a caller without a token.
  public enum Access: String, Codable, Sendable {
    /// It answers: the authentication `none` is enough.
    case open
    /// It asks for an access token.
    case oauth
    /// It could not be asked, or does not behave like an MCP server.
    case unknown
  }

  /// What keeps the server from being set up, in the form of a problem document's `code` and `detail`.
  public struct Problem: Codable, Sendable, Hashable {
    public var code: ErrorCode
    public var detail: String

    public init(code: ErrorCode, detail: String) {
      self.code = code
      self.detail = detail
    }
  }

  public var url: String
  public var access: Access
  /// Every step in its order, with what was seen; the last one that is not `ok` is where it ended.
  public var checks: [IntegrationCheck]
  /// What tokens must be asked for (RFC 8707): the server's own name for itself.
  public var resource: String?
  /// The scopes that its refusal named: what a call needs.
  public var challengedScopes: [String]?
  /// The scopes that its metadata lists.
  public var supportedScopes: [String]?
  /// The authorization server that the server names, whether it can be used or not.
  public var issuer: String?
  /// The authorization server, complete and checked; absent where none can be used.
  public var authorizationServer: CustomProvider?
  /// Where clients register themselves (RFC 7591).
  public var registrationEndpoint: String?
  /// Whether the authorization server takes the address of a document as a public client's id.
  public var supportsClientIdMetadata: Bool
  /// How Lanyard becomes the server's client; absent where it cannot. Decided by the policy service.
  public var registration: Integration.Registration?
  /// The Integration: one that the organization has, for `manual`, or the one that is made.
  public var integrationId: IntegrationID?
  /// Why nothing can be set up.
  public var problem: Problem?

  public init(
    url: String, access: Access = .unknown, checks: [IntegrationCheck] = [], resource: String? = nil,
    challengedScopes: [String]? = nil, supportedScopes: [String]? = nil, issuer: String? = nil,
    authorizationServer: CustomProvider? = nil,
    registrationEndpoint: String? = nil, supportsClientIdMetadata: Bool = false,
    registration: Integration.Registration? = nil, integrationId: IntegrationID? = nil, problem: Problem? = nil
  ) {
    self.url = url
    self.access = access
    self.checks = checks
    self.resource = resource
    self.challengedScopes = challengedScopes
    self.supportedScopes = supportedScopes
    self.issuer = issuer
    self.authorizationServer = authorizationServer
    self.registrationEndpoint = registrationEndpoint
    self.supportsClientIdMetadata = supportsClientIdMetadata
    self.registration = registration
    self.integrationId = integrationId
    self.problem = problem
  }

  /// What is asked for: the refusal's scopes before the listed ones; nil for none.
  public var scopes: [String]? { challengedScopes ?? supportedScopes }

  /// The problem as the error that a call fails with, with everything that was found.
  public var refusal: ServiceError? {
    guard let problem else { return nil }
    return ServiceError(
      problem.code, problem.detail,
      facts: ["checks": checks.map { "\($0.name): \($0.ok ? "ok" : "failed"). \($0.detail)" }])
  }
}

/// `POST /v1/mcp-servers/discover`: what would be set up, without storing anything.
public struct DiscoverMCPServer: Codable, Sendable {
  public var url: String

  public init(url: String) { self.url = url }
}

/// `POST /v1/mcp-servers/{id}/discover`: looks again and takes what is found.
public struct RediscoverMCPServer: Codable, Sendable {
  /// The issuer that the owner has seen and agrees to; when another one is found, nothing changes. Absent: whichever is found.
  public var issuer: String?

  public init(issuer: String? = nil) { self.issuer = issuer }
}
