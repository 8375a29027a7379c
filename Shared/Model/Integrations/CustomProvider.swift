/// How a client proves itself at a token or revocation endpoint (RFC 6749 section 2.3.1).
public enum ClientAuthentication: String, Codable, Hashable, Sendable, CaseIterable {
  /// `client_secret_basic`: id and secret, form-encoded first, in the `Authorization` header.
  case basic
  /// `client_secret_post`: id and secret in the body.
  case post
  /// A public client: the id in the body and no secret.
  case none

  /// Reads the registered names (RFC 7591 section 2) as well.
  public init?(anyName text: String) {
    switch text {
    case "client_secret_basic": self = .basic
    case "client_secret_post": self = .post
    default: self.init(rawValue: text)
    }
  }
}

/// Whether a code challenge (RFC 7636, always `S256`) goes along with an authorization request.
public enum PKCESupport: String, Codable, Hashable, Sendable, CaseIterable {
  /// The provider refuses a request without one.
  case required
  /// Sent; the provider uses or ignores it.
  case supported
  /// Not sent: the provider is known to refuse it.
  case off

  /// On or off, where nobody says what the provider does with it.
  public init(isOn: Bool) { self = isOn ? .supported : .off }
}

/// A provider that is not in the catalogue, as an owner describes it in the `custom` member of an Integration.
///
/// With `issuer` or `providerUrl` alone, the endpoints come from discovery (RFC 8414, OpenID Connect Discovery).
/// What stands here wins over what is discovered.
public struct CustomProvider: Codable, Hashable, Sendable {
  /// Names the provider to apps, and is where discovery starts when there is no `issuer`; the issuer where it is left out.
  public var providerUrl: String
  /// The exact issuer identifier (RFC 8414 section 2), compared without any normalisation.
  public var issuer: String?
  public var authorizationEndpoint: String?
  public var tokenEndpoint: String?
  public var revocationEndpoint: String?
  public var userinfoEndpoint: String?
  /// Between scopes in a request; a blank unless said otherwise.
  public var scopeSeparator: String?
  public var clientAuth: ClientAuthentication?
  public var pkce: PKCESupport?
  public var extraAuthorizationParams: [String: String]?
  /// Scopes that tell who the account is, added to every request; those of OpenID Connect that the server offers unless
  /// said otherwise.
  public var identityScopes: [String]?
  /// Whether the server names itself in authorization responses (RFC 9207); learned by discovery.
  public var sendsIssuer: Bool?
  /// JSON pointers into the userinfo answer (RFC 6901) or the names of its members; the OpenID Connect claims unless said otherwise.
  public var accountIdPath: JSONPointer?
  public var accountDisplayPath: JSONPointer?
  public var accountNamePath: JSONPointer?
  public var avatarPath: JSONPointer?

  public init(
    providerUrl: String, issuer: String? = nil, authorizationEndpoint: String? = nil, tokenEndpoint: String? = nil,
    revocationEndpoint: String? = nil, userinfoEndpoint: String? = nil, scopeSeparator: String? = nil,
    clientAuth: ClientAuthentication? = nil, pkce: PKCESupport? = nil,
    extraAuthorizationParams: [String: String]? = nil, identityScopes: [String]? = nil, sendsIssuer: Bool? = nil,
    accountIdPath: JSONPointer? = nil, accountDisplayPath: JSONPointer? = nil, accountNamePath: JSONPointer? = nil,
    avatarPath: JSONPointer? = nil
  ) {
    self.providerUrl = providerUrl
    self.issuer = issuer
    self.authorizationEndpoint = authorizationEndpoint
    self.tokenEndpoint = tokenEndpoint
    self.revocationEndpoint = revocationEndpoint
    self.userinfoEndpoint = userinfoEndpoint
    self.scopeSeparator = scopeSeparator
    self.clientAuth = clientAuth
    self.pkce = pkce
    self.extraAuthorizationParams = extraAuthorizationParams
    self.identityScopes = identityScopes
    self.sendsIssuer = sendsIssuer
    self.accountIdPath = accountIdPath
    self.accountDisplayPath = accountDisplayPath
    self.accountNamePath = accountNamePath
    self.avatarPath = avatarPath
  }
}

extension CustomProvider {
  /// Reads what an owner writes, in any of the forms that are common for it.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func text(_ key: CodingKeys) throws -> String? { try container.decodeIfPresent(String.self, forKey: key) }
    func place(_ key: CodingKeys) throws -> JSONPointer? {
      guard let text = try text(key) else { return nil }
      if let pointer = JSONPointer.placeOrMember(text) { return pointer }
      throw DecodingError.dataCorruptedError(
        forKey: key, in: container, debugDescription: "expected a JSON pointer (RFC 6901)")
    }
    issuer = try text(.issuer)
    guard let url = try text(.providerUrl) ?? issuer else {
      throw DecodingError.keyNotFound(
        CodingKeys.providerUrl,
        .init(codingPath: container.codingPath, debugDescription: "expected providerUrl or issuer"))
    }
    providerUrl = url
    authorizationEndpoint = try text(.authorizationEndpoint)
    tokenEndpoint = try text(.tokenEndpoint)
    revocationEndpoint = try text(.revocationEndpoint)
    userinfoEndpoint = try text(.userinfoEndpoint)
    scopeSeparator = try text(.scopeSeparator)
    clientAuth = try text(.clientAuth).map { name in
      guard let method = ClientAuthentication(anyName: name) else {
        throw DecodingError.dataCorruptedError(
          forKey: .clientAuth, in: container, debugDescription: "expected basic, post or none")
      }
      return method
    }
    if let isOn = try? container.decodeIfPresent(Bool.self, forKey: .pkce) {
      pkce = PKCESupport(isOn: isOn)
    } else {
      pkce = try container.decodeIfPresent(PKCESupport.self, forKey: .pkce)
    }
    extraAuthorizationParams = try container.decodeIfPresent([String: String].self, forKey: .extraAuthorizationParams)
    identityScopes = try container.decodeIfPresent([String].self, forKey: .identityScopes)
    sendsIssuer = try container.decodeIfPresent(Bool.self, forKey: .sendsIssuer)
    accountIdPath = try place(.accountIdPath)
    accountDisplayPath = try place(.accountDisplayPath)
    accountNamePath = try place(.accountNamePath)
    avatarPath = try place(.avatarPath)
  }
}
