import Hummingbird

/// Metadata by OpenID Connect Discovery and by RFC 8414: the same document at both addresses.
struct DiscoveryRoutes: Sendable {
  let issuer: Issuer
  let signer: IDTokenSigner
  let policy: LiveDiscovery

  func addMetadata(to group: RouterGroup<SandboxContext>) {
    group.get(".well-known/openid-configuration", use: metadata)
    group.get(".well-known/oauth-authorization-server", use: metadata)
  }

  func addKeys(to group: RouterGroup<SandboxContext>) { group.get(".well-known/jwks.json", use: keys) }

  @Sendable func metadata(_ request: Request, _ context: SandboxContext) throws -> Response {
    try .oauth(ProviderMetadata(issuer, policy.current))
  }

  @Sendable func keys(_ request: Request, _ context: SandboxContext) throws -> Response {
    try .oauth(signer.keySet)
  }
}

/// The fields of RFC 8414 section 2, RFC 9207 section 3 and OpenID Connect Discovery section 3.
struct ProviderMetadata: Encodable, Sendable {
  var issuer: String
  var authorizationEndpoint: String
  var tokenEndpoint: String
  var revocationEndpoint: String
  var introspectionEndpoint: String
  var userinfoEndpoint: String
  var registrationEndpoint: String?
  var jwksUri: String
  var scopesSupported = Scope.allCases.map(\.rawValue)
  var responseTypesSupported = ["code"]
  var responseModesSupported = ["query"]
  var grantTypesSupported = GrantType.allCases.map(\.rawValue)
  var tokenEndpointAuthMethodsSupported = Client.Authentication.allCases.map(\.rawValue)
  var revocationEndpointAuthMethodsSupported = Client.Authentication.allCases.map(\.rawValue)
  var codeChallengeMethodsSupported: [String]?
  var authorizationResponseIssParameterSupported: Bool
  var clientIdMetadataDocumentSupported: Bool
  var promptValuesSupported = Prompt.allCases.map(\.rawValue)
  var subjectTypesSupported = ["public"]
  var idTokenSigningAlgValuesSupported = ["ES256"]
  var claimsSupported = ["sub", "name", "given_name", "family_name", "email", "email_verified", "picture"]

  init(_ issuer: Issuer, _ policy: DiscoveryPolicy) {
    self.issuer = issuer.url
    authorizationEndpoint = issuer.address("authorize")
    tokenEndpoint = issuer.address("token")
    revocationEndpoint = issuer.address("revoke")
    introspectionEndpoint = issuer.address("introspect")
    userinfoEndpoint = issuer.address("userinfo")
    registrationEndpoint = policy.registration ? issuer.address("register") : nil
    codeChallengeMethodsSupported = policy.offersProofKeys ? ["S256"] : nil
    authorizationResponseIssParameterSupported = policy.sendsIssuer
    clientIdMetadataDocumentSupported = policy.clientIdMetadata
    jwksUri = issuer.address(".well-known/jwks.json")
  }
}
