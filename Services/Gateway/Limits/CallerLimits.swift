import Model

/// Bounds how many flows are begun: each is a row in the vault and a page that asks a person for consent.
struct FlowLimits: Sendable {
  private let users: RateLimiter<UserID>
  private let organizations: RateLimiter<OrganizationID>

  init(_ limits: GatewayLimits) {
    users = RateLimiter(perMinute: limits.flowStartsPerUser)
    organizations = RateLimiter(perMinute: limits.flowStartsPerOrganization)
  }

  /// The person first: one who is over their own limit takes nothing from the others.
  ///
  /// - Throws: `rate_limited`.
  func take(_ userId: UserID, in organizationId: OrganizationID) throws {
    try users.take(userId)
    try organizations.take(organizationId)
  }
}
