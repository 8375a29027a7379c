import Model

/// Bounds how often the people of an organization, and the organization as a whole, do something that costs others a share of the machine.
struct CallerLimits: Sendable {
  private let users: RateLimiter<UserID>
  private let organizations: RateLimiter<OrganizationID>

  /// - Parameters: how often within a minute at this replica.
  init(perUser: Int, perOrganization: Int) {
    users = RateLimiter(perMinute: perUser)
    organizations = RateLimiter(perMinute: perOrganization)
  }

  /// The person first: one who is over their own limit takes nothing from the others.
  ///
  /// - Parameter userId: nil for an API key, which acts for the organization.
  /// - Throws: `rate_limited`.
  func take(_ userId: UserID?, in organizationId: OrganizationID) throws {
    if let userId { try users.take(userId) }
    try organizations.take(organizationId)
  }
}
