import Model
import PostgreSQL

/// The members of organizations.
struct UserStore: Sendable {
  let database: PostgresClient

  /// What the host platform's word about a person changed.
  struct Vouched: Sendable {
    var userId: UserID
    var isNew: Bool
    /// Whether something changed that decisions look at: the role or the groups.
    var changesRights: Bool
  }

  /// Creates or updates a person as the host platform vouches for them.
  ///
  /// A role is the member's from now on, unless they are the last owner; without one, a known member keeps theirs and a
  /// new one is a member. The same for groups.
  func vouch(
    for user: CreateSession.User, role: Role?, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Vouched {
    let keepsOwner = try await keepsOwner(user.id, given: role, in: organization, transaction)
    let known = try await transaction.query(
      """
      SELECT user_id, role, groups FROM member \
      WHERE organization_id = \(organization) AND external_id = \(user.id) AND removed_at IS NULL FOR UPDATE
      """
    ).first
    guard let known else { return try await insert(user, role: role ?? .member, in: organization, transaction) }
    let id: UserID = try known.id("user_id")
    let oldRole: Role = try known.value("role")
    let oldGroups: [String] = try known.get("groups")
    let groups = user.groups ?? oldGroups
    let newRole = Self.role(oldRole, given: role, keepsOwner: keepsOwner)
    try await transaction.query(
      """
      UPDATE member SET email = coalesce(\(user.email), email), name = coalesce(\(user.name), name), \
      role = \(newRole), groups = \(groups), updated_at = now() \
      WHERE organization_id = \(organization) AND user_id = \(id)
      """)
    return Vouched(
      userId: id, isNew: false, changesRights: newRole != oldRole || Set(groups) != Set(oldGroups))
  }

  private func insert(
    _ user: CreateSession.User, role: Role, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Vouched {
    // Two first sessions of one person may meet here; the second one then finds the first one's row.
    let rows = try await transaction.query(
      """
      INSERT INTO member (organization_id, user_id, external_id, email, name, role, groups) \
      VALUES (\(organization), \(UserID.random()), \(user.id), \(user.email), \(user.name), \(role), \
      \(user.groups ?? [])) \
      ON CONFLICT (organization_id, external_id) WHERE removed_at IS NULL DO UPDATE SET updated_at = now() \
      RETURNING user_id, xmax = 0 AS is_new
      """)
    guard let row = rows.first else { throw ServiceError(.internalError, "The user could not be stored.") }
    return Vouched(userId: try row.id("user_id"), isNew: try row.get("is_new"), changesRights: false)
  }

  /// Ends a member: no credential of theirs works from the commit on, and their identity provider does not bring them
  /// back.
  func remove(_ id: UserID, in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      UPDATE member SET removed_at = now(), email = NULL, name = NULL \
      WHERE organization_id = \(organization) AND user_id = \(id) AND removed_at IS NULL
      """)
    try await transaction.query("DELETE FROM session WHERE organization_id = \(organization) AND user_id = \(id)")
    try await transaction.query("DELETE FROM sign_in_link WHERE organization_id = \(organization) AND user_id = \(id)")
    try await transaction.query(
      "DELETE FROM browser_session WHERE organization_id = \(organization) AND user_id = \(id)")
    try await transaction.query(
      "DELETE FROM client_authorization WHERE organization_id = \(organization) AND user_id = \(id)")
    try await transaction.query(
      """
      UPDATE member_identity SET removed_at = now() WHERE organization_id = \(organization) AND user_id = \(id)
      """)
  }

  /// Removes the row of a removed member for good.
  func erase(_ id: UserID, in organization: OrganizationID) async throws {
    try await database.write(
      in: .organization(organization),
      """
      DELETE FROM member \
      WHERE organization_id = \(organization) AND user_id = \(id) AND removed_at IS NOT NULL
      """)
  }

  /// What rules look at of a member.
  struct Standing: Sendable, Hashable {
    var role: Role
    var groups: [String]
  }

  /// Nil for a removed or unknown member.
  func standing(of id: UserID, in organization: OrganizationID) async throws -> Standing? {
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT role, groups FROM member \
      WHERE organization_id = \(organization) AND user_id = \(id) AND removed_at IS NULL
      """)
    return try rows.first.map { Standing(role: try $0.value("role"), groups: try $0.get("groups")) }
  }
}
