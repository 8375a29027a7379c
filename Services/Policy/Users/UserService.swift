import FoundationEssentials
import Model
import PostgreSQL

/// The organization's people: who they are, what role they have, and their end.
struct UserService: Sendable {
  let store: UserStore
  let directory: UserDirectory
  let mutations: Mutations
  let vaultTasks: VaultTaskService

  /// - Throws: `forbidden`, `invalid_request`.
  func list(_ request: ListUsers, by principal: Principal) async throws -> Page<User> {
    try mayManage(principal)
    let (organization, limit) = (principal.organizationId, try request.page.checkedLimit())
    let cursor = try request.page.checkedCursor()
    let users =
      switch request.status {
      case .active: try await directory.list(in: organization, after: cursor, limit: limit)
      case .removed: try await directory.listRemoved(in: organization, after: cursor, limit: limit)
      }
    return Page(users, limit: limit) {
      PageCursor(time: $0.createdAt ?? $0.removedAt ?? .distantPast, id: $0.id.rawValue)
    }
  }

  /// Our ids of people whom the host platform names by its own: for whoever may see or configure what is everyone's.
  ///
  /// - Throws: `forbidden`, `invalid_request`.
  func named(_ request: NamedUsers, by principal: Principal) async throws -> KnownUsers {
    guard principal.caller.role.mayConfigure, principal.caller.charmId == nil else {
      throw ServiceError(.forbidden, "Only owners and admins of the organization may name its users.")
    }
    if let scopes = principal.keyScopes, scopes.isDisjoint(with: [.users, .configuration, .connections]) {
      throw ServiceError(.forbidden, "The API key has no scope that concerns users.")
    }
    guard request.externalIds.count <= NamedUsers.maximumCount else {
      throw ServiceError(.invalidRequest, "Name at most \(NamedUsers.maximumCount) users at once.")
    }
    return KnownUsers(ids: try await directory.ids(of: request.externalIds, in: principal.organizationId))
  }

  /// Changes a role, in force with the commit. Sessions that exist lend less from then on, never more.
  ///
  /// - Throws: `forbidden`, `not_found`, `last_owner`.
  func update(_ id: UserID, _ request: UpdateUser, by principal: Principal) async throws -> User {
    try mayManage(principal)
    let organization = principal.organizationId
    return try await mutations.run(by: principal.origin) { transaction in
      try await store.holdOwners(in: organization, transaction)
      guard var user = try await directory.lock(id, in: organization, transaction) else { throw Self.notFound }
      guard let role = request.role, role != user.role else { return (user, .init([])) }
      if user.role == .owner || role == .owner { try requireOwner(principal) }
      if user.role == .owner { try await requireOtherOwner(than: id, organization, transaction) }
      try await directory.setRole(role, of: id, in: organization, transaction)
      let details = ["from": user.role?.rawValue ?? "", "to": role.rawValue]
      user.role = role
      return (
        user,
        .init(
          [AuditFact(action: .userChanged, targetKind: "user", targetId: id.rawValue, details: details)],
          notices: [ChangeNotice(kind: .user, subject: id.rawValue)])
      )
    }
  }

  /// Lets somebody who was removed come back by the identity provider. They are a new member then.
  ///
  /// - Throws: `forbidden`, `not_found`.
  func readmit(_ id: UserID, by principal: Principal) async throws {
    try mayManage(principal)
    try await mutations.run(by: principal.origin) { transaction in
      guard try await directory.readmit(id, in: principal.organizationId, transaction) else { throw Self.notFound }
      return ((), .init([AuditFact(action: .userReadmitted, targetKind: "user", targetId: id.rawValue)]))
    }
  }

  /// Ends everything of a user at once, and has every Connection of theirs revoked. The revocation is on record before
  /// this returns; when the vault cannot be reached it is begun as soon as it can.
  /// - Throws: `forbidden`, `not_found`, `last_owner`.
  func remove(_ id: UserID, by principal: Principal) async throws {
    try mayManage(principal)
    let organization = principal.organizationId
    let task = VaultTask(organizationId: organization, kind: .revokeUser, subject: id.rawValue, actor: principal.actor)
    try await mutations.run(by: principal.origin) { transaction in
      try await store.holdOwners(in: organization, transaction)
      guard let user = try await directory.lock(id, in: organization, transaction) else { throw Self.notFound }
      if user.role == .owner {
        try requireOwner(principal)
        try await requireOtherOwner(than: id, organization, transaction)
      }
      try await store.remove(id, in: organization, transaction)
      try await vaultTasks.store.add(task, delaySeconds: 0, in: transaction)
      return (
        (),
        .init(
          [AuditFact(action: .userRemoved, targetKind: "user", targetId: id.rawValue)],
          notices: [ChangeNotice(kind: .user, subject: id.rawValue)])
      )
    }
    await vaultTasks.attempt(task)
  }

  private func mayManage(_ principal: Principal) throws {
    try principal.require(.users)
    guard principal.caller.role.mayConfigure, principal.caller.charmId == nil else {
      throw ServiceError(.forbidden, "Only owners and admins of the organization may manage its users.")
    }
  }

  private func requireOwner(_ principal: Principal) throws {
    guard principal.caller.role == .owner else {
      throw ServiceError(.forbidden, "Only owners of the organization may make, change or remove an owner.")
    }
  }

  private func requireOtherOwner(
    than id: UserID, _ organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    guard try await store.hasOtherOwner(than: id, in: organization, transaction) else {
      throw ServiceError(.lastOwner, "This is the organization's last owner. Make somebody else an owner first.")
    }
  }

  private static let notFound = ServiceError(.notFound, "The organization has no such user.")
}
