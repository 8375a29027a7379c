public import FoundationEssentials

/// Asks the exchanger to register Lanyard at an authorization server (RFC 7591).
public struct RegisterAtIssuer: Codable, Sendable {
  public var registrationEndpoint: String
  /// Exact; the only one.
  public var redirectUri: String
  public var clientName: String
  /// Where people learn who the client is.
  public var clientUri: String
  public var authentication: ClientAuthentication
  /// What will be asked for; absent where nothing is known.
  public var scopes: [String]?

  public init(
    registrationEndpoint: String, redirectUri: String, clientName: String, clientUri: String,
    authentication: ClientAuthentication, scopes: [String]?
  ) {
    self.registrationEndpoint = registrationEndpoint
    self.redirectUri = redirectUri
    self.clientName = clientName
    self.clientUri = clientUri
    self.authentication = authentication
    self.scopes = scopes
  }
}

/// What the authorization server made of it (RFC 7591 section 3.2.1). The secret goes straight on to the vault.
public struct IssuedClient: Codable, Sendable {
  public var clientId: String
  /// Absent for a public client.
  public var clientSecret: WireSecret?
  /// Absent: the secret does not end.
  public var secretExpiresAt: Date?
  public var authentication: ClientAuthentication

  public init(
    clientId: String, clientSecret: WireSecret?, secretExpiresAt: Date?, authentication: ClientAuthentication
  ) {
    self.clientId = clientId
    self.clientSecret = clientSecret
    self.secretExpiresAt = secretExpiresAt
    self.authentication = authentication
  }
}
