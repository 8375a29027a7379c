import Model

/// Offboarding.
struct UserService: Sendable {
  let store: UserStore
  let mutations: Mutations
  let vaultTasks: VaultTaskService

  /// Ends a user's sessions at once and has every Connection of theirs revoked. The revocation is on record before
  /// this returns; when the vault cannot be reached it is begun as soon as it can.
  /// - Throws: `forbidden`, `not_found`.
  func remove(_ id: UserID, by principal: Principal) async throws {
    try principal.require(.users)
    guard principal.caller.role.mayConfigure, principal.caller.charmId == nil else {
      throw ServiceError(.forbidden, "Only owners and admins of the organization may remove users.")
    }
    let organization = principal.organizationId
    let task = VaultTask(organizationId: organization, kind: .revokeUser, subject: id.rawValue, actor: principal.actor)
    try await mutations.run(by: principal.origin) { transaction in
      guard try await store.remove(id, in: organization, transaction) else {
        throw ServiceError(.notFound, "The organization has no such user.")
      }
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
}
