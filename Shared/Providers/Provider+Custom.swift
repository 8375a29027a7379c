public import Model

extension Provider {
  /// The id of every provider that an owner describes.
  public static let customID = "custom"

  /// Makes a row of an owner's description, completed by the server's metadata where it is silent.
  ///
  /// - Parameters:
  ///   - metadata: what discovery found; nil where the description is complete already.
  ///   - insecureHosts: `host:port` entries that may use http: the operator's own list.
  /// - Throws: ``ProviderError``; every URL is checked, whoever wrote it.
  public static func custom(
    _ description: CustomProvider, metadata: AuthorizationServerMetadata? = nil, insecureHosts: Set<String> = []
  ) throws -> ResolvedProvider {
    let custom = try metadata.map(description.completed) ?? description
    guard let authorization = custom.authorizationEndpoint else {
      throw ProviderError.invalid(field: "custom.authorizationEndpoint", reason: "it is neither given nor discovered")
    }
    guard let token = custom.tokenEndpoint else {
      throw ProviderError.invalid(field: "custom.tokenEndpoint", reason: "it is neither given nor discovered")
    }
    let row = Provider(
      id: customID, name: "Custom", category: "custom", providerUrl: custom.providerUrl, issuer: custom.issuer,
      endpoints: Endpoints(
        authorization: authorization, token: token, revocation: custom.revocationEndpoint,
        userinfo: custom.userinfoEndpoint),
      authorization: AuthorizationRule(
        extraParameters: custom.extraAuthorizationParams ?? [:], sendsIssuer: custom.sendsIssuer),
      tokenRequest: TokenRequestRule(clientAuth: custom.clientAuth ?? .basic),
      scopes: ScopeRule(separator: custom.scopeSeparator ?? " ", identityScopes: custom.identityScopes ?? []),
      pkce: custom.pkce ?? .supported, revocation: custom.revocationEndpoint == nil ? .none : .rfc7009,
      account: custom.userinfoEndpoint == nil ? .none : account(custom))
    try row.validateCustom()
    return try row.resolve(insecureHosts: insecureHosts)
  }

  /// The claims of OpenID Connect Core section 5.1, unless described otherwise.
  private static func account(_ custom: CustomProvider) -> AccountRule {
    AccountRule(
      source: .userinfo, request: RequestTemplate(), id: [custom.accountIdPath ?? .member("sub")],
      display: custom.accountDisplayPath.map { [$0] } ?? [.member("email"), .member("preferred_username")],
      name: [custom.accountNamePath ?? .member("name")], avatar: [custom.avatarPath ?? .member("picture")])
  }

  /// A described provider brings no variables and no templates; a brace in its URLs is a mistake.
  private func validateCustom() throws {
    guard !scopes.separator.isEmpty, scopes.separator.allSatisfy({ " ,+;".contains($0) }) else {
      throw ProviderError.invalid(field: "custom.scopeSeparator", reason: "a blank, comma, plus or semicolon")
    }
    guard ResolvedProvider.fixedParameters.isDisjoint(with: authorization.extraParameters.keys) else {
      throw ProviderError.invalid(
        field: "custom.extraAuthorizationParams", reason: "it names a parameter that the protocol sets")
    }
    let urls = [
      ("providerUrl", providerUrl), ("issuer", issuer), ("authorizationEndpoint", endpoints.authorization),
      ("tokenEndpoint", endpoints.token), ("revocationEndpoint", endpoints.revocation),
      ("userinfoEndpoint", endpoints.userinfo),
    ]
    for (field, url) in urls {
      guard let url else { continue }
      if ProviderURL(url) == nil { throw ProviderError.endpointRefused(field: "custom.\(field)") }
    }
  }
}

extension CustomProvider {
  /// Claims that name a person, by the scopes that ask for them (OpenID Connect Core section 5.4).
  private static let claimScopes = ["openid", "profile", "email"]

  /// The description, filled up from the server's metadata where it is silent. Nothing that the owner wrote is
  /// replaced.
  ///
  /// - Throws: ``ProviderError/issuerMismatch`` where the metadata names another issuer, compared exactly (RFC 8414
  ///   section 3.3).
  public func completed(by metadata: AuthorizationServerMetadata) throws -> CustomProvider {
    if let issuer, metadata.issuer != issuer { throw ProviderError.issuerMismatch }
    var whole = self
    whole.issuer = metadata.issuer
    whole.authorizationEndpoint = authorizationEndpoint ?? metadata.authorizationEndpoint
    whole.tokenEndpoint = tokenEndpoint ?? metadata.tokenEndpoint
    whole.revocationEndpoint = revocationEndpoint ?? metadata.revocationEndpoint
    whole.userinfoEndpoint = userinfoEndpoint ?? metadata.userinfoEndpoint
    whole.clientAuth = clientAuth ?? metadata.preferredClientAuthentication
    whole.sendsIssuer = sendsIssuer ?? metadata.authorizationResponseIssParameterSupported
    let offered = metadata.scopesSupported ?? []
    whole.identityScopes =
      identityScopes ?? (whole.userinfoEndpoint == nil ? [] : Self.claimScopes.filter(offered.contains))
    return whole
  }
}
