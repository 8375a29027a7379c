import FoundationEssentials
import Model
import PostgreSQL

/// The organization's people as owners and admins see them.
struct UserDirectory: Sendable {
  private static let columns: SQL = """
    m.user_id, m.external_id, m.email, m.name, m.role, m.groups, m.created_at, \
    (SELECT max(i.issuer) FROM member_identity i WHERE i.organization_id = m.organization_id \
    AND i.user_id = m.user_id) AS identity_issuer
    """

  let database: PostgresClient

  /// One more than the limit, newest first.
  func list(in organization: OrganizationID, after cursor: PageCursor?, limit: Int) async throws -> [User] {
    let position: SQL = cursor.map { "AND (m.created_at, m.user_id) < (\($0.time), \($0.id))" } ?? ""
    return try await database.read(
      in: .organization(organization),
      """
      SELECT \(Self.columns) FROM member m WHERE m.organization_id = \(organization) AND m.removed_at IS NULL \
      \(position) ORDER BY m.created_at DESC, m.user_id DESC LIMIT \(limit + 1)
      """
    ).map(Self.user)
  }

  /// Those whom the identity provider would bring back, were they not remembered; newest first.
  func listRemoved(in organization: OrganizationID, after cursor: PageCursor?, limit: Int) async throws -> [User] {
    let position: SQL = cursor.map { "AND (removed_at, user_id) < (\($0.time), \($0.id))" } ?? ""
    return try await database.read(
      in: .organization(organization),
      """
      SELECT user_id, removed_at, issuer FROM member_identity WHERE organization_id = \(organization) \
      AND removed_at IS NOT NULL \(position) ORDER BY removed_at DESC, user_id DESC LIMIT \(limit + 1)
      """
    ).map { row in
      User(
        id: try row.id("user_id"), status: .removed, identityIssuer: try row.get("issuer"),
        removedAt: try row.get("removed_at"))
    }
  }

  /// By the host platform's ids: of several people who had the same one after another, who is a member, or was last.
  func ids(of externalIds: [String], in organization: OrganizationID) async throws -> [String: UserID] {
    let members = try await ids(of: externalIds, in: organization, "AND removed_at IS NULL")
    let missing = externalIds.filter { members[$0] == nil }
    guard !missing.isEmpty else { return members }
    // Rarely asked: there is no index of those who are gone.
    return members.merging(try await ids(of: missing, in: organization, "")) { member, _ in member }
  }

  private func ids(
    of externalIds: [String], in organization: OrganizationID, _ condition: SQL
  ) async throws -> [String: UserID] {
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT DISTINCT ON (external_id) external_id, user_id FROM member WHERE organization_id = \(organization) \
      AND external_id = ANY (\(externalIds)) \(condition) ORDER BY external_id, removed_at DESC NULLS FIRST
      """)
    return Dictionary(
      try rows.map { (try $0.get("external_id", as: String.self), try $0.id("user_id")) },
      uniquingKeysWith: { first, _ in first })
  }

  /// A member whose row is locked until the transaction ends.
  func lock(
    _ id: UserID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> User? {
    try await transaction.query(
      """
      SELECT \(Self.columns) FROM member m WHERE m.organization_id = \(organization) AND m.user_id = \(id) \
      AND m.removed_at IS NULL FOR UPDATE OF m
      """
    ).first.map(Self.user)
  }

  func setRole(
    _ role: Role, of id: UserID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      UPDATE member SET role = \(role), updated_at = now() WHERE organization_id = \(organization) \
      AND user_id = \(id)
      """)
  }

  /// Forgets that somebody was removed. Returns false for anybody else.
  func readmit(
    _ id: UserID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Bool {
    try await transaction.execute(
      """
      DELETE FROM member_identity WHERE organization_id = \(organization) AND user_id = \(id) \
      AND removed_at IS NOT NULL
      """) > 0
  }

  private static func user(_ row: PostgresRow) throws -> User {
    User(
      id: try row.id("user_id"), status: .active, externalId: try row.get("external_id"),
      email: try row.get("email"), name: try row.get("name"), role: try row.value("role"),
      groups: try row.get("groups"), identityIssuer: try row.get("identity_issuer"),
      createdAt: try row.get("created_at"))
  }
}
