import Model
import PostgreSQL

/// An organization that has an owner keeps one.
extension UserStore {
  /// Holds up every other change that could take an owner away, until the transaction ends. Always before a member's row is locked: taken
  /// the other way round, two changes could wait for each other.
  func holdOwners(in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      "SELECT FROM organization WHERE organization_id = \(organization) FOR NO KEY UPDATE")
  }

  /// Whether somebody else is an owner; only with ``holdOwners(in:_:)``.
  func hasOtherOwner(
    than id: UserID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Bool {
    let rows = try await transaction.query(
      """
      SELECT FROM member WHERE organization_id = \(organization) AND role = 'owner' AND removed_at IS NULL \
      AND user_id <> \(id) LIMIT 1
      """)
    return !rows.isEmpty
  }

  /// Whether a member must stay an owner although somebody else says that they are none: they are the last one.
  func keepsOwner(
    _ id: UserID, given role: Role?, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Bool {
    guard let role, role != .owner else { return false }
    // Most people are no owners, and their sign-ins need not wait for each other.
    let isOwner = try await transaction.query(
      """
      SELECT FROM member WHERE organization_id = \(organization) AND user_id = \(id) AND role = 'owner' \
      AND removed_at IS NULL
      """)
    // Whoever becomes one from here on stays one this time.
    guard !isOwner.isEmpty else { return true }
    try await holdOwners(in: organization, transaction)
    return try await !hasOtherOwner(than: id, in: organization, transaction)
  }

  /// The same for a person whom the host platform knows by an id of its own.
  func keepsOwner(
    _ externalId: String, given role: Role?, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Bool {
    guard let role, role != .owner else { return false }
    let known = try await transaction.query(
      """
      SELECT user_id FROM member WHERE organization_id = \(organization) AND external_id = \(externalId) \
      AND removed_at IS NULL
      """)
    guard let id: UserID = try known.first?.id("user_id") else { return true }
    return try await keepsOwner(id, given: role, in: organization, transaction)
  }

  /// The role that a member has when somebody else says one.
  static func role(_ old: Role, given role: Role?, keepsOwner: Bool) -> Role {
    guard let role else { return old }
    return old == .owner && keepsOwner ? .owner : role
  }
}
