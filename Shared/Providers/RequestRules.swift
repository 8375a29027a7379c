public import Model

/// How the browser is sent to the provider (RFC 6749 section 4.1.1).
public struct AuthorizationRule: Codable, Hashable, Sendable {
  /// `client_id` nearly everywhere.
  public var clientIdParameter: String
  /// Sent with every authorization request.
  public var extraParameters: [String: String]
  /// Sent besides where a new account is connected: the provider then asks which one, instead of taking whoever is signed in.
  public var accountChoice: [String: String]?
  /// Whether the response carries `iss` (RFC 9207). Unknown when absent: then an `iss` that comes is still checked.
  public var sendsIssuer: Bool?
  /// Whether requests may name the resource that tokens are for (RFC 8707). Servers ignore what they do not know, so only a
  /// refusal is noted: absent is yes.
  public var takesResource: Bool?

  public init(
    clientIdParameter: String = "client_id", extraParameters: [String: String] = [:],
    accountChoice: [String: String]? = nil, sendsIssuer: Bool? = nil, takesResource: Bool? = nil
  ) {
    self.clientIdParameter = clientIdParameter
    self.extraParameters = extraParameters
    self.accountChoice = accountChoice
    self.sendsIssuer = sendsIssuer
    self.takesResource = takesResource
  }

  public static let standard = AuthorizationRule()
}

/// How a code is exchanged (RFC 6749 section 4.1.3); a refresh follows it too.
public struct TokenRequestRule: Codable, Hashable, Sendable {
  public enum Format: String, Codable, Hashable, Sendable { case form, json }

  public var clientAuth: ClientAuthentication
  public var format: Format
  public var clientIdParameter: String
  public var clientSecretParameter: String
  public var codeParameter: String
  /// Sent with the exchange and with every refresh.
  public var extraParameters: [String: String]
  /// Beside `Accept: application/json`.
  public var headers: [String: String]

  public init(
    clientAuth: ClientAuthentication = .post, format: Format = .form, clientIdParameter: String = "client_id",
    clientSecretParameter: String = "client_secret", codeParameter: String = "code",
    extraParameters: [String: String] = [:], headers: [String: String] = [:]
  ) {
    self.clientAuth = clientAuth
    self.format = format
    self.clientIdParameter = clientIdParameter
    self.clientSecretParameter = clientSecretParameter
    self.codeParameter = codeParameter
    self.extraParameters = extraParameters
    self.headers = headers
  }

  public static let standard = TokenRequestRule()
}

/// How scopes are asked for and how they come back (RFC 6749 section 3.3).
public struct ScopeRule: Codable, Hashable, Sendable {
  /// The form of the granted scopes in the token answer.
  public enum Answer: String, Codable, Hashable, Sendable {
    case space, comma, array
    /// With the authorization response, under the request's parameter name.
    case callback
    /// Never told: what was granted stays unknown.
    case absent
  }

  /// Between scopes in a request.
  public var separator: String
  /// `scope` nearly everywhere. Left out when there is nothing to ask for.
  public var parameter: String
  /// Added to every request: to learn the account, and to get a refresh token.
  public var identityScopes: [String]
  public var answer: Answer

  public init(
    separator: String = " ", parameter: String = "scope", identityScopes: [String] = [], answer: Answer = .space
  ) {
    self.separator = separator
    self.parameter = parameter
    self.identityScopes = identityScopes
    self.answer = answer
  }

  public static let standard = ScopeRule()

  /// The scopes that a request names: the identity scopes first, then the asked ones, each once.
  public func requested(_ asked: [String]) -> [String] {
    var seen: Set<String> = []
    return (identityScopes + asked).filter { !$0.isEmpty && seen.insert($0).inserted }
  }
}

/// How an access token is renewed (RFC 6749 section 6).
public struct RefreshRule: Codable, Hashable, Sendable {
  public enum Kind: String, Codable, Hashable, Sendable {
    case refreshToken
    /// No refresh token: the access token itself is traded for a fresh one.
    case exchangeAccessToken
    case none
  }

  /// What becomes of a refresh token once it is used.
  public enum Rotation: String, Codable, Hashable, Sendable {
    /// It stays the same.
    case none
    /// A new one comes, the old one works for ``RefreshRule/graceSeconds`` longer.
    case grace
    /// A new one comes and the old one is dead at once; also what is assumed where nothing is known.
    case strict
  }

  public var kind: Kind
  public var rotation: Rotation
  /// Seconds that a used refresh token stays good; only with ``Rotation/grace``.
  public var graceSeconds: Int?
  /// Whole days after which the provider forgets a refresh token that nobody used; absent where nothing is known.
  public var idleDays: Int?
  /// `refresh_token`, or the provider's own grant type.
  public var grantType: String
  /// `refresh_token`, or where the access token goes.
  public var tokenParameter: String
  public var extraParameters: [String: String]
  /// Whether the redirect URI must be sent again.
  public var sendsRedirectUri: Bool

  public init(
    kind: Kind = .refreshToken, rotation: Rotation = .strict, graceSeconds: Int? = nil, idleDays: Int? = nil,
    grantType: String = "refresh_token", tokenParameter: String = "refresh_token",
    extraParameters: [String: String] = [:], sendsRedirectUri: Bool = false
  ) {
    self.kind = kind
    self.rotation = rotation
    self.graceSeconds = graceSeconds
    self.idleDays = idleDays
    self.grantType = grantType
    self.tokenParameter = tokenParameter
    self.extraParameters = extraParameters
    self.sendsRedirectUri = sendsRedirectUri
  }

  public static let standard = RefreshRule()
}

/// How a token is withdrawn at the provider.
public struct RevocationRule: Codable, Hashable, Sendable {
  public enum Style: String, Codable, Hashable, Sendable {
    /// RFC 7009: the refresh token first, then the access token.
    case rfc7009
    /// ``RevocationRule/request``.
    case request
    /// The provider has no such endpoint: tokens can only be forgotten.
    case none
  }

  public var style: Style
  /// Whether the client proves itself (RFC 7009 section 2.1), as at the token endpoint.
  public var clientAuth: Bool
  public var request: RequestTemplate?
  /// What a 2xx answer must say besides, for providers that fail with HTTP 200.
  public var succeeds: AnswerTest?
  /// Whether the endpoint has been confirmed by more than general knowledge of the API. An unconfirmed one is tried,
  /// and a failure is reported as it is rather than retried for ever.
  public var confirmed: Bool

  public init(
    style: Style, clientAuth: Bool = true, request: RequestTemplate? = nil, succeeds: AnswerTest? = nil,
    confirmed: Bool = true
  ) {
    self.style = style
    self.clientAuth = clientAuth
    self.request = request
    self.succeeds = succeeds
    self.confirmed = confirmed
  }

  public static let rfc7009 = RevocationRule(style: .rfc7009)
  public static let none = RevocationRule(style: .none, clientAuth: false)
}
