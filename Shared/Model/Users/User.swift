public import FoundationEssentials

/// A person of the organization, as owners and admins see them.
public struct User: Codable, Sendable, Hashable {
  /// Whether somebody belongs to the organization.
  public enum Status: String, Codable, Sendable, CaseIterable {
    case active
    /// Was removed, and cannot sign in with the identity provider until they are readmitted.
    case removed
  }

  public var id: UserID
  public var status: Status
  /// The host platform's id; one of our own for a person who came by the identity provider. Absent once removed, as is everything below.
  public var externalId: String?
  public var email: String?
  public var name: String?
  public var role: Role?
  public var groups: [String]?
  /// The issuer of the identity provider that this person signs in with, if any.
  public var identityIssuer: String?
  public var createdAt: Date?
  public var removedAt: Date?

  public init(
    id: UserID, status: Status, externalId: String? = nil, email: String? = nil, name: String? = nil,
    role: Role? = nil, groups: [String]? = nil, identityIssuer: String? = nil, createdAt: Date? = nil,
    removedAt: Date? = nil
  ) {
    self.id = id
    self.status = status
    self.externalId = externalId
    self.email = email
    self.name = name
    self.role = role
    self.groups = groups
    self.identityIssuer = identityIssuer
    self.createdAt = createdAt
    self.removedAt = removedAt
  }
}

/// `GET /v1/users`.
public struct ListUsers: Codable, Sendable {
  public var status: User.Status
  public var page: PageRequest

  public init(status: User.Status, page: PageRequest) {
    self.status = status
    self.page = page
  }
}

/// `PATCH /v1/users/{id}`: absent fields stay as they are.
public struct UpdateUser: Codable, Sendable {
  public var role: Role?

  public init(role: Role? = nil) { self.role = role }
}

/// People as the host platform names them.
public struct NamedUsers: Codable, Sendable {
  /// At most ``maximumCount``.
  public var externalIds: [String]

  public static let maximumCount = 1_000

  public init(externalIds: [String]) { self.externalIds = externalIds }
}

/// Our ids of people, by the host platform's. Who is not known is left out.
public struct KnownUsers: Codable, Sendable {
  public var ids: [String: UserID]

  public init(ids: [String: UserID]) { self.ids = ids }
}

/// The people of the caller's organization, answered by the policy service.
public enum UserEndpoints {
  public static let list = Endpoint<OnBehalf<ListUsers>, Page<User>>(
    .policy, .post, "/internal/users/list", callers: [.gateway])
  /// Removed ones too, while they are remembered.
  public static let named = Endpoint<OnBehalf<NamedUsers>, KnownUsers>(
    .policy, .post, "/internal/users/named", callers: [.gateway])
  /// Fails with `last_owner`.
  public static let update = Endpoint<OnBehalf<Targeted<UserKind, UpdateUser>>, User>(
    .policy, .post, "/internal/users/update", callers: [.gateway])
  /// Lets somebody who was removed sign in again, as a new member.
  public static let readmit = Endpoint<OnBehalf<Reference<UserKind>>, Empty>(
    .policy, .post, "/internal/users/readmit", callers: [.gateway])
}
