import Audit
package import Model
import PostgreSQL

extension OrganizationShredder {
  /// Between two looks at how far revocations are. They end in exchangers, by the word of providers.
  private static let lookInterval = Duration.seconds(1)

  /// Begins the revocation of everything that lives, as an owner does with `POST /v1/revocations`: for an organization that is closed, whose
  /// owners can do so no more. The exchangers carry it out.
  package func revokeAll(of organization: OrganizationID) async throws {
    let (store, flows) = (RevocationStore(database: database), FlowStore(database: database))
    let id = RevocationID.random()
    try await database.change(in: organization) { transaction in
      try await store.insert(id, in: organization, for: nil, by: .operatorAtWork, transaction: transaction)
      let details = try await store.begin(.all, as: id, ending: flows, in: organization, transaction: transaction)
      try await audit.append(
        AuditEntry(
          organizationId: organization, action: VaultAction.revocationBegun.rawValue, actor: .operatorAtWork,
          target: .revocation(id), details: details),
        in: transaction)
      try await transaction.publish(.connection, nil, of: organization)
    }
  }

  /// Waits until providers know of every revocation.
  ///
  /// - Returns: what is left when the time is over; nothing when all are done.
  package func revocationsEnded(in organization: OrganizationID, within limit: Duration) async throws -> Alive {
    let deadline = ContinuousClock.now + limit
    while true {
      let left = try await alive(in: organization)
      guard left.revocations > 0, ContinuousClock.now < deadline else { return left }
      try await Task.sleep(for: Self.lookInterval)
    }
  }
}
