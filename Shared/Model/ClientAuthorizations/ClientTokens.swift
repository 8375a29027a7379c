public import FoundationEssentials

/// A client's code, to be exchanged for tokens.
public struct RedeemClientCode: Codable, Sendable {
  /// Of the code.
  public var credential: CredentialHash
  public var clientId: String
  public var redirectUri: String
  /// Made of the verifier that the client sent (RFC 7636 section 4.6).
  public var codeChallenge: String
  /// Absent: what the code was made for.
  public var target: ClientTokenTarget?

  public init(
    credential: CredentialHash, clientId: String, redirectUri: String, codeChallenge: String, target: ClientTokenTarget?
  ) {
    self.credential = credential
    self.clientId = clientId
    self.redirectUri = redirectUri
    self.codeChallenge = codeChallenge
    self.target = target
  }
}

/// A client's refresh token, to be exchanged for new tokens. It is good for one exchange.
public struct RefreshClientTokens: Codable, Sendable {
  /// Of the refresh token.
  public var credential: CredentialHash
  public var clientId: String
  /// Absent: what the token was made for.
  public var target: ClientTokenTarget?

  public init(credential: CredentialHash, clientId: String, target: ClientTokenTarget?) {
    self.credential = credential
    self.clientId = clientId
    self.target = target
  }
}

/// Which of our MCP endpoints tokens are for (RFC 8707).
public struct ClientTokenTarget: Codable, Sendable, Hashable {
  /// Absent: the endpoint of all servers.
  public var mcpServerId: MCPServerID?

  public init(mcpServerId: MCPServerID?) { self.mcpServerId = mcpServerId }
}

/// What a client gets for a code or a refresh token: tokens, or one of the reasons of RFC 6749 section 5.2. A refusal is an
/// answer and no error, since what it leaves behind must be stored.
public struct ClientTokenAnswer: Codable, Sendable {
  public enum Refusal: String, Codable, Sendable {
    /// Unknown, used, over, revoked, or made for somebody else.
    case invalidGrant = "invalid_grant"
    /// Another endpoint than the one that the person agreed to (RFC 8707 section 2).
    case invalidTarget = "invalid_target"
  }

  public struct Tokens: Codable, Sendable {
    /// `lym_…`
    public var accessToken: WireSecret
    public var expiresAt: Date
    /// `lyr_…`
    public var refreshToken: WireSecret

    public init(accessToken: WireSecret, expiresAt: Date, refreshToken: WireSecret) {
      self.accessToken = accessToken
      self.expiresAt = expiresAt
      self.refreshToken = refreshToken
    }
  }

  public var tokens: Tokens?
  public var refusal: Refusal?

  public init(_ tokens: Tokens) { self.tokens = tokens }

  public init(refusal: Refusal) { self.refusal = refusal }
}

/// A client gives a token back (RFC 7009).
public struct RevokeClientToken: Codable, Sendable {
  /// Of the access or refresh token.
  public var credential: CredentialHash
  public var clientId: String

  public init(credential: CredentialHash, clientId: String) {
    self.credential = credential
    self.clientId = clientId
  }
}

/// Tokens of MCP clients, answered by the policy service.
public enum ClientTokenEndpoints {
  public static let redeem = Endpoint<RedeemClientCode, ClientTokenAnswer>(
    .policy, .post, "/internal/client-tokens/redeem", callers: [.gateway])
  public static let refresh = Endpoint<RefreshClientTokens, ClientTokenAnswer>(
    .policy, .post, "/internal/client-tokens/refresh", callers: [.gateway])
  /// Also for a token that is unknown: there is nothing left to do.
  public static let revoke = Endpoint<RevokeClientToken, Empty>(
    .policy, .post, "/internal/client-tokens/revoke", callers: [.gateway])
}
