import Model
import PostgreSQL

/// Who an identity provider's people are here: the issuer together with the subject, never an address.
struct IdentityStore: Sendable {
  let users: UserStore

  /// Begins our own host-platform ids of people who came by an identity provider. A host platform cannot vouch for those.
  static let externalIdPrefix = "identity-provider:"

  /// The member that a person is.
  struct Member: Sendable {
    var userId: UserID
    var role: Role
    var isNew: Bool
    var changesRights: Bool

    func trace(issuer: String) -> Mutations.Trace {
      let details = ["issuer": issuer, "role": role.rawValue]
      func fact(_ action: PolicyAction) -> AuditFact {
        AuditFact(action: action, targetKind: "user", targetId: userId.rawValue, person: userId, details: details)
      }
      return .init(
        (isNew ? [fact(.userCreated)] : []) + (changesRights ? [fact(.userChanged)] : []),
        notices: changesRights ? [ChangeNotice(kind: .user, subject: userId.rawValue)] : [])
    }
  }

  /// Finds the member, or makes one.
  ///
  /// - Throws: ``SignInRefusal/removed``, ``SignInRefusal/linkedAlready``.
  func member(
    for person: ClaimMapping.Person, issuer: String, in organization: OrganizationID,
    _ transaction: PostgresTransaction
  ) async throws -> Member {
    let linked = try await member(linkedTo: person.linkedId, in: organization, transaction)
    // Two first sign-ins of one person may meet here; the second one then finds the first one's row.
    let candidate = linked ?? UserID.random()
    let row = try await transaction.query(
      """
      INSERT INTO member_identity (organization_id, issuer, subject, user_id) \
      SELECT \(organization), \(issuer), \(person.subject), \(candidate) WHERE NOT EXISTS \
      (SELECT FROM member_identity WHERE organization_id = \(organization) AND user_id = \(candidate) \
      AND issuer = \(issuer) AND subject <> \(person.subject)) \
      ON CONFLICT (organization_id, issuer, subject) DO UPDATE SET last_used_at = now() \
      RETURNING user_id, removed_at IS NOT NULL AS is_removed, xmax = 0 AS is_new
      """
    ).first
    guard let row else { throw SignInRefusal.linkedAlready }
    guard try !row.get("is_removed", as: Bool.self) else { throw SignInRefusal.removed }
    let id: UserID = try row.id("user_id")
    if try row.get("is_new", as: Bool.self), linked == nil {
      return try await insert(person, as: id, in: organization, transaction)
    }
    return try await update(person, as: id, in: organization, transaction)
  }

  /// Keeps the member from being removed until the transaction ends; false when they have been.
  func keep(_ id: UserID, in organization: OrganizationID, _ transaction: PostgresTransaction) async throws -> Bool {
    let rows = try await transaction.query(
      """
      SELECT FROM member WHERE organization_id = \(organization) AND user_id = \(id) AND removed_at IS NULL FOR SHARE
      """)
    return !rows.isEmpty
  }

  private func member(
    linkedTo externalId: String?, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> UserID? {
    guard let externalId else { return nil }
    return try await transaction.query(
      """
      SELECT user_id FROM member WHERE organization_id = \(organization) AND external_id = \(externalId) \
      AND removed_at IS NULL
      """
    ).first?.id("user_id")
  }

  private func insert(
    _ person: ClaimMapping.Person, as id: UserID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Member {
    let role = person.role ?? .member
    let externalId = person.linkedId ?? Self.externalIdPrefix + id.rawValue
    try await transaction.query(
      """
      INSERT INTO member (organization_id, user_id, external_id, email, name, role, groups) \
      VALUES (\(organization), \(id), \(externalId), \(person.email), \(person.name), \(role), \(person.groups ?? []))
      """)
    return Member(userId: id, role: role, isNew: true, changesRights: false)
  }

  private func update(
    _ person: ClaimMapping.Person, as id: UserID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Member {
    let keepsOwner = try await users.keepsOwner(id, given: person.role, in: organization, transaction)
    let rows = try await transaction.query(
      "SELECT role, groups FROM member WHERE organization_id = \(organization) AND user_id = \(id) FOR UPDATE")
    guard let row = rows.first else { throw SignInRefusal.removed }
    let old = UserStore.Standing(role: try row.value("role"), groups: try row.get("groups"))
    let new = UserStore.Standing(
      role: UserStore.role(old.role, given: person.role, keepsOwner: keepsOwner), groups: person.groups ?? old.groups)
    try await transaction.query(
      """
      UPDATE member SET email = \(person.email), name = \(person.name), role = \(new.role), groups = \(new.groups), \
      updated_at = now() WHERE organization_id = \(organization) AND user_id = \(id) AND removed_at IS NULL
      """)
    return Member(
      userId: id, role: new.role, isNew: false,
      changesRights: old.role != new.role || Set(old.groups) != Set(new.groups))
  }
}
