public import Model

/// What one authorization asks for.
public struct AuthorizationParameters: Sendable {
  public var clientId: String
  public var redirectUri: String
  /// Without the identity scopes, which are added.
  public var scopes: [String]
  public var state: String
  /// The S256 challenge (RFC 7636 section 4.2); left out where the provider's row says so.
  public var codeChallenge: String
  /// Sent when `openid` is among the scopes (OpenID Connect Core section 3.1.2.1).
  public var nonce: String?
  /// What the tokens are for (RFC 8707); left out where the provider's row says so.
  public var resource: String?
  /// Parameters of this one request, such as `prompt` or `login_hint`; they win over the row's.
  public var extra: [String: String]

  public init(
    clientId: String, redirectUri: String, scopes: [String], state: String, codeChallenge: String, nonce: String? = nil,
    resource: String? = nil, extra: [String: String] = [:]
  ) {
    self.clientId = clientId
    self.redirectUri = redirectUri
    self.scopes = scopes
    self.state = state
    self.codeChallenge = codeChallenge
    self.nonce = nonce
    self.resource = resource
    self.extra = extra
  }
}

extension ResolvedProvider {
  /// Parameters that no row and no caller may replace.
  static let fixedParameters: Set<String> = [
    "response_type", "redirect_uri", "state", "code_challenge", "code_challenge_method", "nonce", "request",
    "request_uri",
  ]

  /// The URL that the browser is sent to (RFC 6749 section 4.1.1, RFC 7636 section 4.3).
  public func authorizationURL(_ parameters: AuthorizationParameters) -> String {
    let scopes = provider.scopes.requested(parameters.scopes)
    var fields: [(String, String)] = [
      ("response_type", "code"), (provider.authorization.clientIdParameter, parameters.clientId),
      ("redirect_uri", parameters.redirectUri),
    ]
    if !scopes.isEmpty {
      fields.append((provider.scopes.parameter, scopes.joined(separator: provider.scopes.separator)))
    }
    fields.append(("state", parameters.state))
    if provider.pkce != .off {
      fields.append(("code_challenge", parameters.codeChallenge))
      fields.append(("code_challenge_method", "S256"))
    }
    if let nonce = parameters.nonce, scopes.contains("openid") { fields.append(("nonce", nonce)) }
    let resource = resourceFields(parameters.resource)
    fields += resource
    let taken = Self.fixedParameters.union([provider.authorization.clientIdParameter, provider.scopes.parameter])
      .union(resource.map(\.0))
    let extra = provider.authorization.extraParameters.merging(parameters.extra) { _, own in own }
    fields += extra.filter { !taken.contains($0.key) }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    let endpoint = provider.endpoints.authorization
    return endpoint + (endpoint.contains("?") ? "&" : "?") + Percent.form(fields)
  }

  /// Exchanges an authorization code (RFC 6749 section 4.1.3).
  ///
  /// - Parameters:
  ///   - verifier: left out where the row switches PKCE off.
  ///   - resource: as in the authorization request (RFC 8707 section 2.2).
  public func codeExchange(
    code: Secret<String>, redirectUri: String, verifier: Secret<String>, resource: String? = nil,
    client: ClientCredentials
  ) throws -> ProviderRequest {
    var fields: [(String, String)] = [
      ("grant_type", "authorization_code"), (provider.tokenRequest.codeParameter, code.expose { $0 }),
      ("redirect_uri", redirectUri),
    ]
    if provider.pkce != .off { fields.append(("code_verifier", verifier.expose { $0 })) }
    fields += resourceFields(resource)
    return try tokenRequest(fields, url: provider.endpoints.token, client: client)
  }

  /// Renews an access token (RFC 6749 section 6). Asks for no scopes: the granted ones stay.
  ///
  /// - Parameters:
  ///   - token: the refresh token, or the access token where the row says ``RefreshRule/Kind/exchangeAccessToken``.
  ///   - resource: what the Connection's tokens are for.
  public func refresh(
    token: Secret<String>, redirectUri: String, resource: String? = nil, client: ClientCredentials
  ) throws -> ProviderRequest {
    let rule = provider.refresh
    guard rule.kind != .none else { throw ProviderError.missingValue("refreshToken") }
    var fields = [("grant_type", rule.grantType), (rule.tokenParameter, token.expose { $0 })]
    if rule.sendsRedirectUri { fields.append(("redirect_uri", redirectUri)) }
    fields += rule.extraParameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    fields += resourceFields(resource)
    return try tokenRequest(fields, url: provider.endpoints.refresh ?? provider.endpoints.token, client: client)
  }

  /// The requests that withdraw what is stored, in the order of sending: for RFC 7009 the refresh token, then the
  /// access token. Empty where the provider has no such endpoint, or what it needs is not stored.
  public func revocation(
    accessToken: Secret<String>?, refreshToken: Secret<String>?, client: ClientCredentials, providerAccountId: String?
  ) throws -> [ProviderRequest] {
    guard let url = provider.endpoints.revocation else { return [] }
    switch provider.revocation.style {
    case .none: return []
    case .rfc7009:
      let tokens = [(refreshToken, "refresh_token"), (accessToken, "access_token")]
      return try tokens.compactMap { token, hint in
        try token.map { secret in
          let fields = [("token", secret.expose { $0 }), ("token_type_hint", hint)]
          return try request(
            fields, format: .form, url: url, client: provider.revocation.clientAuth ? client : nil,
            rule: provider.tokenRequest)
        }
      }
    case .request:
      guard let template = provider.revocation.request else { return [] }
      let values = RequestValues(
        accessToken: accessToken, refreshToken: refreshToken, client: client, providerAccountId: providerAccountId)
      do {
        return [try ProviderRequest(template, url: url, values: values)]
      } catch ProviderError.missingValue {
        return []
      }
    }
  }

  /// Asks who the token belongs to; nil where no request is needed.
  public func userinfo(accessToken: Secret<String>, client: ClientCredentials) throws -> ProviderRequest? {
    guard provider.account.source == .userinfo, let url = provider.endpoints.userinfo else { return nil }
    return try ProviderRequest(
      provider.account.request ?? RequestTemplate(), url: url,
      values: RequestValues(accessToken: accessToken, client: client))
  }

  private func resourceFields(_ resource: String?) -> [(String, String)] {
    guard let resource, provider.authorization.takesResource != false else { return [] }
    return [("resource", resource)]
  }

  private func tokenRequest(
    _ fields: [(String, String)], url: String, client: ClientCredentials
  ) throws -> ProviderRequest {
    let rule = provider.tokenRequest
    let extra = rule.extraParameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    return try request(fields + extra, format: rule.format, url: url, client: client, rule: rule)
  }

  private func request(
    _ fields: [(String, String)], format: TokenRequestRule.Format, url: String, client: ClientCredentials?,
    rule: TokenRequestRule
  ) throws -> ProviderRequest {
    var fields = fields
    var headers: [(name: String, value: String)] = []
    if let client {
      // A client without a secret is a public one, whatever the row prefers.
      switch (rule.clientAuth, client.secret) {
      case (.basic, let secret?):
        headers.append(("Authorization", ProviderRequest.basic(id: Secret(client.id), secret: secret)))
      case (.post, let secret?):
        fields += [(rule.clientIdParameter, client.id), (rule.clientSecretParameter, secret.expose { $0 })]
      default: fields.append((rule.clientIdParameter, client.id))
      }
    }
    let body = try ProviderRequest.body(fields, format: format)
    headers += [("Accept", "application/json"), ("Content-Type", body.contentType)]
    headers += rule.headers.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    return try ProviderRequest(method: "POST", url: url, headers: headers, body: body.bytes)
  }
}
