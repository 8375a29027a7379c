public import Model

/// One OAuth 2.0 service as data: endpoints, and everything in which it differs from the standard.
///
/// A row of the catalogue and an owner's `custom` provider are the same type, and one engine reads both; no provider
/// has code of its own. URLs are templates: `{name}` stands for a value of ``variables`` until
/// ``resolve(variables:insecureHosts:)``, or for a value of the call, such as `{accessToken}` (``RequestValues``).
public struct Provider: Codable, Hashable, Sendable, Identifiable {
  /// Stable, lower-case: `github`.
  public var id: String
  public var name: String
  /// A word for sorting the catalogue: `crm`, `storage`, …
  public var category: String
  /// Where the provider explains its OAuth.
  public var documentationUrl: String?
  /// What apps select by.
  public var providerUrl: String
  /// Other URLs under which apps may ask for the same provider.
  public var alternateUrls: [String]
  /// The exact issuer identifier (RFC 8414 section 2), where the provider has one.
  public var issuer: String?
  public var variables: [String: Variable]
  public var endpoints: Endpoints
  public var authorization: AuthorizationRule
  public var tokenRequest: TokenRequestRule
  public var tokenAnswer: TokenAnswerRule
  public var scopes: ScopeRule
  public var pkce: PKCESupport
  public var refresh: RefreshRule
  public var revocation: RevocationRule
  public var account: AccountRule
  /// Names of callback parameters that are kept with the Connection. Everything else in a callback is dropped.
  public var callbackParameters: [String]
  /// Asked for when nobody says otherwise; ``ScopeRule/identityScopes`` are added to every request.
  public var defaultScopes: [String]
  /// Whether consent to more scopes adds to what was granted before.
  public var incrementalScopes: Bool
  public var mcpServerUrl: String?
  /// What an owner should know, in words.
  public var quirks: [String]

  /// Where each request goes. Templates.
  public struct Endpoints: Codable, Hashable, Sendable {
    public var authorization: String
    public var token: String
    /// Where it is not the token endpoint.
    public var refresh: String?
    public var revocation: String?
    public var userinfo: String?

    public init(
      authorization: String, token: String, refresh: String? = nil, revocation: String? = nil, userinfo: String? = nil
    ) {
      self.authorization = authorization
      self.token = token
      self.refresh = refresh
      self.revocation = revocation
      self.userinfo = userinfo
    }
  }

  public init(
    id: String, name: String, category: String, documentationUrl: String? = nil, providerUrl: String,
    alternateUrls: [String] = [], issuer: String? = nil, variables: [String: Variable] = [:], endpoints: Endpoints,
    authorization: AuthorizationRule = .standard, tokenRequest: TokenRequestRule = .standard,
    tokenAnswer: TokenAnswerRule = .standard, scopes: ScopeRule = .standard, pkce: PKCESupport = .supported,
    refresh: RefreshRule = .standard, revocation: RevocationRule = .none, account: AccountRule = .none,
    callbackParameters: [String] = [], defaultScopes: [String] = [], incrementalScopes: Bool = false,
    mcpServerUrl: String? = nil, quirks: [String] = []
  ) {
    self.id = id
    self.name = name
    self.category = category
    self.documentationUrl = documentationUrl
    self.providerUrl = providerUrl
    self.alternateUrls = alternateUrls
    self.issuer = issuer
    self.variables = variables
    self.endpoints = endpoints
    self.authorization = authorization
    self.tokenRequest = tokenRequest
    self.tokenAnswer = tokenAnswer
    self.scopes = scopes
    self.pkce = pkce
    self.refresh = refresh
    self.revocation = revocation
    self.account = account
    self.callbackParameters = callbackParameters
    self.defaultScopes = defaultScopes
    self.incrementalScopes = incrementalScopes
    self.mcpServerUrl = mcpServerUrl
    self.quirks = quirks
  }
}

extension Provider {
  /// The row as owners see it in the catalogue.
  public var summary: ProviderSummary {
    ProviderSummary(
      id: id, name: name, category: category, providerUrl: providerUrl, documentationUrl: documentationUrl,
      variables: variables.filter { $0.value.from == .admin }
        .mapValues { .init(label: $0.label, pattern: $0.pattern, defaultValue: $0.defaultValue) },
      defaultScopes: defaultScopes, pkce: pkce.rawValue, refresh: refresh.kind.rawValue,
      revocation: revocation.style == .request ? "custom" : revocation.style.rawValue, mcpServerUrl: mcpServerUrl,
      quirks: quirks)
  }
}
