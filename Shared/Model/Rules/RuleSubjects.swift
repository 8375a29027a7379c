/// Whom a rule speaks of. Entries of one list are alternatives, all lists must match, an absent list matches everything.
public struct RuleSubjects: Hashable, Sendable, Encodable {
  public var users: [UserID]?
  /// As the host platform or the identity provider names them.
  public var groups: [String]?
  public var roles: [Role]?
  /// Ids of Charms. A call without a Charm does not match.
  public var charms: [String]?
  /// The platform's identities of Applications, never the `appId` that they declare.
  public var applications: [String]?

  public init(
    users: [UserID]? = nil, groups: [String]? = nil, roles: [Role]? = nil, charms: [String]? = nil,
    applications: [String]? = nil
  ) {
    self.users = users
    self.groups = groups
    self.roles = roles
    self.charms = charms
    self.applications = applications
  }

  var entryCount: Int {
    let ids = (users?.count ?? 0) + (charms?.count ?? 0) + (applications?.count ?? 0)
    return ids + (groups?.count ?? 0) + (roles?.count ?? 0)
  }
}

extension RuleReader {
  mutating func subjects(_ field: Field) -> RuleSubjects? {
    guard let object = object(field, known: ["users", "groups", "roles", "charms", "applications"]) else { return nil }
    return RuleSubjects(
      users: list("users", of: object) { $0.identifier($1) },
      groups: list("groups", of: object) { $0.text($1, maximumBytes: RuleLimits.textBytes) },
      roles: list("roles", of: object) { $0.choice($1, of: Role.self) },
      charms: list("charms", of: object) { $0.text($1, maximumBytes: RuleLimits.textBytes) },
      applications: list("applications", of: object) { $0.text($1, maximumBytes: RuleLimits.textBytes) })
  }
}
