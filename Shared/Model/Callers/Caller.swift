public import FoundationEssentials

/// Who makes a public call, as the policy service established it from a credential.
public struct Caller: Codable, Sendable, Hashable {
  /// How the caller proved itself.
  public enum Credential: String, Codable, Sendable {
    /// `lyk_…`: the host platform, server to server.
    case apiKey
    /// `lys_…`: a member, from the host's page or a program.
    case session
    /// `lyb_…`: the cookie of a person who signed in to our own pages.
    case consoleSession
    /// `lym_…`: an MCP client or an agent runtime, in a member's name and at the MCP endpoint alone.
    case clientToken
  }

  public var credential: Credential
  /// The API key's or the session's id: what revocation names.
  public var credentialId: String
  public var organizationId: OrganizationID
  public var organizationName: String
  /// Absent for an API key.
  public var user: User?
  /// The role; an API key acts as an owner's instrument and carries ``Role/owner``.
  public var role: Role
  public var groups: [String]
  public var charmId: String?
  /// When the credential ends; absent for an API key without an end.
  public var expiresAt: Date?
  /// For a ``Credential/clientToken``: the one server whose endpoint it is for; absent for the endpoint of all servers.
  public var mcpServerId: MCPServerID?
  /// For a ``Credential/consoleSession``: until when the person counts as having just proved themselves; absent when they do not.
  public var freshUntil: Date?

  public struct User: Codable, Sendable, Hashable {
    /// Our id.
    public var id: UserID
    /// The host platform's id.
    public var externalId: String
    public var email: String?
    public var name: String?

    public init(id: UserID, externalId: String, email: String?, name: String?) {
      self.id = id
      self.externalId = externalId
      self.email = email
      self.name = name
    }
  }

  public init(
    credential: Credential, credentialId: String, organizationId: OrganizationID, organizationName: String, user: User?,
    role: Role, groups: [String], charmId: String?, expiresAt: Date?, mcpServerId: MCPServerID? = nil,
    freshUntil: Date? = nil
  ) {
    self.credential = credential
    self.credentialId = credentialId
    self.organizationId = organizationId
    self.organizationName = organizationName
    self.user = user
    self.role = role
    self.groups = groups
    self.charmId = charmId
    self.expiresAt = expiresAt
    self.mcpServerId = mcpServerId
    self.freshUntil = freshUntil
  }

  /// Before something dangerous: a person in a browser must have proved themselves a short while ago. Says nothing about other credentials,
  /// whose holders are not people at an unlocked screen.
  ///
  /// - Throws: `step_up_required`, with the path of the page where they do.
  public func requireStepUp(now: Date = .now) throws {
    guard credential == .consoleSession else { return }
    if let freshUntil, freshUntil >= now { return }
    throw ServiceError(
      .stepUpRequired, "This needs a fresh sign-in: prove again who you are, then repeat it.",
      facts: ["signInPath": ["/sign-in?organization=\(organizationId.rawValue)&stepUp=true"]])
  }
}

/// Roles in an organization. Owners and admins configure; members connect their own accounts.
public enum Role: String, Codable, Sendable, CaseIterable {
  case owner, admin, member

  /// Owners and admins configure.
  public var mayConfigure: Bool { self != .member }
}
