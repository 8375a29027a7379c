public import FoundationEssentials

/// The organization's identity provider, by which people sign in to our own pages (OpenID Connect).
public struct IdentityProvider: Codable, Sendable, Hashable {
  /// The exact issuer identifier, compared without any normalisation.
  public var issuer: String
  public var clientId: String
  public var scopes: [String]
  /// Where roles stand in the ID token: the name of a claim, or a JSON pointer.
  public var roleClaim: String?
  /// Roles by value of the claim. The highest one counts; without any, a person is a member.
  public var roleMapping: [String: Role]?
  /// Where groups stand in the ID token.
  public var groupsClaim: String?
  /// Where the host platform's id of the person stands, when people are to be the same as the host platform's.
  public var linkClaim: String?
  /// Domains of the verified addresses that may sign in; everybody at the provider when absent.
  public var allowedDomains: [String]?
  /// To be registered at the provider.
  public var redirectUri: String
  public var createdAt: Date
  public var updatedAt: Date

  public init(
    issuer: String, clientId: String, scopes: [String], roleClaim: String? = nil, roleMapping: [String: Role]? = nil,
    groupsClaim: String? = nil, linkClaim: String? = nil, allowedDomains: [String]? = nil, redirectUri: String,
    createdAt: Date, updatedAt: Date
  ) {
    self.issuer = issuer
    self.clientId = clientId
    self.scopes = scopes
    self.roleClaim = roleClaim
    self.roleMapping = roleMapping
    self.groupsClaim = groupsClaim
    self.linkClaim = linkClaim
    self.allowedDomains = allowedDomains
    self.redirectUri = redirectUri
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }
}

/// `PUT /v1/organization/identity-provider`: replaces everything but the secret.
public struct PutIdentityProvider: Codable, Sendable {
  public var issuer: String
  public var clientId: String
  /// When absent, the stored one stays; only as long as issuer and client do.
  public var clientSecret: WireSecret?
  /// `openid`, `email` and `profile` when absent.
  public var scopes: [String]?
  public var roleClaim: String?
  public var roleMapping: [String: Role]?
  public var groupsClaim: String?
  public var linkClaim: String?
  public var allowedDomains: [String]?

  public init(
    issuer: String, clientId: String, clientSecret: WireSecret?, scopes: [String]? = nil, roleClaim: String? = nil,
    roleMapping: [String: Role]? = nil, groupsClaim: String? = nil, linkClaim: String? = nil,
    allowedDomains: [String]? = nil
  ) {
    self.issuer = issuer
    self.clientId = clientId
    self.clientSecret = clientSecret
    self.scopes = scopes
    self.roleClaim = roleClaim
    self.roleMapping = roleMapping
    self.groupsClaim = groupsClaim
    self.linkClaim = linkClaim
    self.allowedDomains = allowedDomains
  }
}

/// Asks whether people can sign in with an identity provider, before it is stored.
public struct CheckIdentityProvider: Codable, Sendable {
  public var issuer: String

  public init(issuer: String) { self.issuer = issuer }
}

/// The identity provider of the caller's organization.
public enum IdentityProviderEndpoints {
  /// Fails with `not_found` when there is none.
  public static let show = Endpoint<OnBehalf<Empty>, IdentityProvider>(
    .policy, .post, "/internal/identity-provider/show", callers: [.gateway])
  /// For owners; in a browser, who have authenticated themselves a short while ago. Looks and changes nothing: before the outside world is
  /// asked about an issuer.
  public static let authorizeChange = Endpoint<OnBehalf<Empty>, Empty>(
    .policy, .post, "/internal/identity-provider/authorize-change", callers: [.gateway])
  public static let put = Endpoint<OnBehalf<PutIdentityProvider>, IdentityProvider>(
    .policy, .post, "/internal/identity-provider/put", callers: [.gateway], timeoutSeconds: 30)
  /// Everybody who signed in with it is signed out.
  public static let delete = Endpoint<OnBehalf<Empty>, Empty>(
    .policy, .post, "/internal/identity-provider/delete", callers: [.gateway], timeoutSeconds: 30)
  /// Reads metadata and keys. Fails with `invalid_request` that names `issuer`.
  public static let check = Endpoint<CheckIdentityProvider, Empty>(
    .exchanger, .post, "/internal/identity-provider/check", callers: [.gateway], timeoutSeconds: 30)
}
