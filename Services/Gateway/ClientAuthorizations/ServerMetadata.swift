/// RFC 9728 section 2.
struct ProtectedResource: Encodable, Sendable {
  var resource: String
  var authorizationServers: [String]
  var bearerMethodsSupported: [String]
  var resourceName: String

  enum CodingKeys: String, CodingKey {
    case resource
    case authorizationServers = "authorization_servers"
    case bearerMethodsSupported = "bearer_methods_supported"
    case resourceName = "resource_name"
  }
}

/// RFC 8414 section 2. Says what we do, so that clients need not guess.
struct AuthorizationServer: Encodable, Sendable {
  var issuer: String
  var authorizationEndpoint: String
  var tokenEndpoint: String
  var revocationEndpoint: String
  /// Absent where clients cannot register themselves.
  var registrationEndpoint: String?
  var responseTypesSupported = ["code"]
  var responseModesSupported = ["query"]
  var grantTypesSupported = ["authorization_code", "refresh_token"]
  /// Clients have no secret. Several take a document for their id only where this says `none`.
  var tokenEndpointAuthMethodsSupported = ["none"]
  var revocationEndpointAuthMethodsSupported = ["none"]
  /// Without it MCP clients must refuse to go on.
  var codeChallengeMethodsSupported = ["S256"]
  var clientIdMetadataDocumentSupported = true
  /// RFC 9207.
  var authorizationResponseIssParameterSupported = true

  init(_ issuer: String, _ registration: ClientRegistration) {
    self.issuer = issuer
    authorizationEndpoint = "\(issuer)/oauth/authorize"
    tokenEndpoint = "\(issuer)/oauth/token"
    revocationEndpoint = "\(issuer)/oauth/revoke"
    registrationEndpoint = registration == .enabled ? "\(issuer)/oauth/register" : nil
  }

  enum CodingKeys: String, CodingKey {
    case issuer
    case authorizationEndpoint = "authorization_endpoint"
    case tokenEndpoint = "token_endpoint"
    case revocationEndpoint = "revocation_endpoint"
    case registrationEndpoint = "registration_endpoint"
    case responseTypesSupported = "response_types_supported"
    case responseModesSupported = "response_modes_supported"
    case grantTypesSupported = "grant_types_supported"
    case tokenEndpointAuthMethodsSupported = "token_endpoint_auth_methods_supported"
    case revocationEndpointAuthMethodsSupported = "revocation_endpoint_auth_methods_supported"
    case codeChallengeMethodsSupported = "code_challenge_methods_supported"
    case clientIdMetadataDocumentSupported = "client_id_metadata_document_supported"
    case authorizationResponseIssParameterSupported = "authorization_response_iss_parameter_supported"
  }
}
