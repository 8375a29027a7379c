public import FoundationEssentials

/// `POST /v1/sessions`: the host platform vouches for one of its users.
public struct CreateSession: Codable, Sendable {
  /// The user as the host platform knows them; created here on first sight.
  public struct User: Codable, Sendable {
    /// The host platform's id, stable for the person.
    public var id: String
    public var email: String?
    public var name: String?
    public var groups: [String]?

    public init(id: String, email: String? = nil, name: String? = nil, groups: [String]? = nil) {
      self.id = id
      self.email = email
      self.name = name
      self.groups = groups
    }
  }

  public var user: User
  /// `member` when absent.
  public var role: Role?
  /// The Charm that the session is bound to, if any.
  public var charmId: String?
  /// Seconds until the session ends.
  public var ttlSeconds: Int?

  public init(user: User, role: Role? = nil, charmId: String? = nil, ttlSeconds: Int? = nil) {
    self.user = user
    self.role = role
    self.charmId = charmId
    self.ttlSeconds = ttlSeconds
  }
}

/// The answer to ``CreateSession``. The token is shown this once and stored only as a hash.
public struct CreatedSession: Codable, Sendable {
  public var id: SessionID
  /// `lys_…`
  public var token: WireSecret
  public var expiresAt: Date
  public var userId: UserID

  public init(id: SessionID, token: WireSecret, expiresAt: Date, userId: UserID) {
    self.id = id
    self.token = token
    self.expiresAt = expiresAt
    self.userId = userId
  }
}

/// `GET /v1/me`: who the credential belongs to.
public struct Me: Codable, Sendable {
  public struct OrganizationSummary: Codable, Sendable {
    public var id: OrganizationID
    public var name: String

    public init(id: OrganizationID, name: String) {
      self.id = id
      self.name = name
    }
  }

  public struct CharmSummary: Codable, Sendable {
    public var id: String

    public init(id: String) { self.id = id }
  }

  public var organization: OrganizationSummary
  public var user: Caller.User?
  public var role: Role
  public var groups: [String]
  /// The Charm that the session is bound to, and its id once more beside it.
  public var charm: CharmSummary?
  public var charmId: String?

  public init(_ caller: Caller) {
    organization = OrganizationSummary(id: caller.organizationId, name: caller.organizationName)
    user = caller.user
    role = caller.role
    groups = caller.groups
    charm = caller.charmId.map(CharmSummary.init)
    charmId = caller.charmId
  }
}
