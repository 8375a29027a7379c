public import FoundationEssentials

/// `POST /v1/sign-in-links`: the host platform vouches for one of its users in a browser that it does not hold.
public struct CreateSignInLink: Codable, Sendable {
  /// Created on first sight, as for a session.
  public var user: CreateSession.User
  /// The most that the browser may do. When absent, what the person may do: a new one is a member.
  public var role: Role?

  public init(user: CreateSession.User, role: Role? = nil) {
    self.user = user
    self.role = role
  }
}

/// A link as the policy service made it. The token is shown this once and stored only as a hash.
public struct CreatedSignInLink: Codable, Sendable {
  /// `lyl_…`: the last part of the link.
  public var token: WireSecret
  public var expiresAt: Date

  public init(token: WireSecret, expiresAt: Date) {
    self.token = token
    self.expiresAt = expiresAt
  }
}

/// The answer to ``CreateSignInLink``.
public struct SignInLink: Codable, Sendable {
  /// Whoever opens it first and presses the button is signed in as the user.
  public var url: WireSecret
  public var expiresAt: Date

  public init(url: WireSecret, expiresAt: Date) {
    self.url = url
    self.expiresAt = expiresAt
  }
}

/// Whom an unspent link signs in, for the page that asks before it does.
public struct SignInLinkFacts: Codable, Sendable {
  public var organizationId: OrganizationID
  public var organizationName: String
  public var user: Caller.User
  public var role: Role
  public var expiresAt: Date

  public init(
    organizationId: OrganizationID, organizationName: String, user: Caller.User, role: Role, expiresAt: Date
  ) {
    self.organizationId = organizationId
    self.organizationName = organizationName
    self.user = user
    self.role = role
    self.expiresAt = expiresAt
  }
}

/// Spends a link.
public struct SpendSignInLink: Codable, Sendable {
  /// Of the link's token.
  public var credential: CredentialHash
  /// The browser's session until now, if any: it ends.
  public var replaces: CredentialHash?

  public init(credential: CredentialHash, replaces: CredentialHash?) {
    self.credential = credential
    self.replaces = replaces
  }
}
