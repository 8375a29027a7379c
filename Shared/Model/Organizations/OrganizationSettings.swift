/// What owners and admins set for the organization as a whole.
public struct OrganizationSettings: Codable, Sendable, Hashable {
  public var id: OrganizationID
  public var name: String
  /// What it means where no rule speaks of something: `allow` for members on what the owner has set up, or `deny`.
  public var defaultEffect: Decision.Effect

  public init(id: OrganizationID, name: String, defaultEffect: Decision.Effect) {
    self.id = id
    self.name = name
    self.defaultEffect = defaultEffect
  }
}

/// `PATCH /v1/organization`: absent fields stay as they are.
public struct UpdateOrganization: Codable, Sendable {
  public var defaultEffect: Decision.Effect?

  public init(defaultEffect: Decision.Effect? = nil) { self.defaultEffect = defaultEffect }
}

/// The organization of the caller, answered by the policy service.
public enum OrganizationEndpoints {
  public static let show = Endpoint<OnBehalf<Empty>, OrganizationSettings>(
    .policy, .post, "/internal/organization/show", callers: [.gateway])
  public static let update = Endpoint<OnBehalf<UpdateOrganization>, OrganizationSettings>(
    .policy, .post, "/internal/organization/update", callers: [.gateway])
}
