public import Model

/// What an authorization server says about itself (RFC 8414 section 2, OpenID Connect Discovery section 3). Unknown
/// members are ignored.
public struct AuthorizationServerMetadata: Codable, Hashable, Sendable {
  public var issuer: String
  public var authorizationEndpoint: String?
  public var tokenEndpoint: String?
  public var revocationEndpoint: String?
  public var userinfoEndpoint: String?
  public var registrationEndpoint: String?
  public var jwksUri: String?
  public var scopesSupported: [String]?
  public var tokenEndpointAuthMethodsSupported: [String]?
  public var codeChallengeMethodsSupported: [String]?
  public var idTokenSigningAlgValuesSupported: [String]?
  public var authorizationResponseIssParameterSupported: Bool?
  /// Whether the address of a document may stand for a client (OAuth Client ID Metadata Document, section 6).
  public var clientIdMetadataDocumentSupported: Bool?

  enum CodingKeys: String, CodingKey {
    case issuer
    case authorizationEndpoint = "authorization_endpoint"
    case tokenEndpoint = "token_endpoint"
    case revocationEndpoint = "revocation_endpoint"
    case userinfoEndpoint = "userinfo_endpoint"
    case registrationEndpoint = "registration_endpoint"
    case jwksUri = "jwks_uri"
    case scopesSupported = "scopes_supported"
    case tokenEndpointAuthMethodsSupported = "token_endpoint_auth_methods_supported"
    case codeChallengeMethodsSupported = "code_challenge_methods_supported"
    case idTokenSigningAlgValuesSupported = "id_token_signing_alg_values_supported"
    case authorizationResponseIssParameterSupported = "authorization_response_iss_parameter_supported"
    case clientIdMetadataDocumentSupported = "client_id_metadata_document_supported"
  }

  /// How a client with a secret should prove itself. Without a list, servers take `client_secret_basic` (RFC 8414
  /// section 2).
  public var preferredClientAuthentication: ClientAuthentication {
    guard let methods = tokenEndpointAuthMethodsSupported else { return .basic }
    if methods.contains("client_secret_basic") { return .basic }
    if methods.contains("client_secret_post") { return .post }
    return methods.contains("none") ? .none : .basic
  }

  /// Places to look for an issuer's metadata, in order (RFC 8414 section 3.1): the first two insert the well-known name
  /// before the issuer's path, the last one appends it. Empty for a text that is no usable URL.
  public static func locations(issuer: String) -> [String] {
    guard let url = ProviderURL(issuer), url.query == nil else { return [] }
    var path = url.path
    if path.hasSuffix("/") { path.removeLast() }
    let base = "\(url.scheme)://\(url.authority)"
    var places = [
      "\(base)/.well-known/oauth-authorization-server\(path)", "\(base)/.well-known/openid-configuration\(path)",
    ]
    if !path.isEmpty { places.append("\(base)\(path)/.well-known/openid-configuration") }
    return places
  }
}
