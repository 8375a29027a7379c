import FoundationEssentials
import Model
import PostgreSQL

/// The rows of sign-in links.
struct SignInLinkStore: Sendable {
  let database: PostgresClient

  /// A link as it is made.
  struct New: Sendable {
    var id: SignInLinkID
    var userId: UserID
    /// When nil, the member's own.
    var role: Role?
    var apiKeyId: String
    var hash: TokenHash
    var seconds: Int
  }

  /// A link that has just been spent.
  struct Spent: Sendable {
    var id: SignInLinkID
    var userId: UserID
    var role: Role
    var apiKeyId: String
  }

  /// Stores a link; the database's clock decides when it ends.
  func insert(
    _ link: New, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Date {
    let rows = try await transaction.query(
      """
      INSERT INTO sign_in_link (organization_id, sign_in_link_id, user_id, role, token_hash, api_key_id, expires_at) \
      SELECT organization_id, \(link.id), user_id, coalesce(\(link.role?.rawValue), role), \(link.hash.bytes), \
      \(link.apiKeyId), now() + make_interval(secs => \(link.seconds)::double precision) \
      FROM member WHERE organization_id = \(organization) AND user_id = \(link.userId) RETURNING expires_at
      """)
    guard let row = rows.first else { throw ServiceError(.internalError, "The link could not be stored.") }
    return try row.get("expires_at")
  }

  /// Clears away some links whose time is over.
  func clearEnded(in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      DELETE FROM sign_in_link WHERE organization_id = \(organization) AND sign_in_link_id IN \
      (SELECT sign_in_link_id FROM sign_in_link WHERE organization_id = \(organization) AND expires_at < now() \
      ORDER BY expires_at LIMIT \(PolicyLimits.sessionsClearedAtOnce) FOR UPDATE SKIP LOCKED)
      """)
  }

  /// The organization of the link with this hash, whatever state it is in.
  func organization(of hash: TokenHash) async throws -> OrganizationID? {
    let rows = try await database.read(
      in: .credential(hash), "SELECT organization_id FROM sign_in_link WHERE token_hash = \(hash.bytes)")
    return try rows.first.map { try $0.id("organization_id") }
  }

  /// Whom the link signs in, as long as it can.
  func facts(of hash: TokenHash, in organization: OrganizationID) async throws -> SignInLinkFacts? {
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT o.name AS organization_name, m.user_id, m.external_id, m.email, m.name, l.role AS lent_role, m.role, \
      l.expires_at FROM sign_in_link l \
      JOIN organization o ON o.organization_id = l.organization_id \
      JOIN member m ON m.organization_id = l.organization_id AND m.user_id = l.user_id AND m.removed_at IS NULL \
      JOIN api_key k ON k.organization_id = l.organization_id AND k.api_key_id = l.api_key_id \
      AND k.revoked_at IS NULL \
      WHERE l.organization_id = \(organization) AND l.token_hash = \(hash.bytes) AND l.spent_at IS NULL \
      AND l.expires_at > now()
      """)
    return try rows.first.map { row in
      let lent: Role = try row.value("lent_role")
      return SignInLinkFacts(
        organizationId: organization, organizationName: try row.get("organization_name"),
        user: Caller.User(
          id: try row.id("user_id"), externalId: try row.get("external_id"), email: try row.get("email"),
          name: try row.get("name")),
        role: lent.lower(try row.value("role")), expiresAt: try row.get("expires_at"))
    }
  }

  /// Spends a link. Of any number that try at once, one gets it; nil for the others.
  func spend(
    _ hash: TokenHash, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Spent? {
    let rows = try await transaction.query(
      """
      UPDATE sign_in_link l SET spent_at = now() FROM member m, api_key k \
      WHERE l.organization_id = \(organization) AND l.token_hash = \(hash.bytes) AND l.spent_at IS NULL \
      AND l.expires_at > now() \
      AND m.organization_id = l.organization_id AND m.user_id = l.user_id AND m.removed_at IS NULL \
      AND k.organization_id = l.organization_id AND k.api_key_id = l.api_key_id AND k.revoked_at IS NULL \
      RETURNING l.sign_in_link_id, l.user_id, l.role, l.api_key_id
      """)
    return try rows.first.map { row in
      Spent(
        id: try row.id("sign_in_link_id"), userId: try row.id("user_id"), role: try row.value("role"),
        apiKeyId: try row.get("api_key_id"))
    }
  }
}
