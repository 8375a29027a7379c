import Audit
import Model
import PostgreSQL

/// Begins revocations and reports on them. When a call returns, the tokens are unusable here; the provider is told by tasks.
struct RevocationService: Sendable {
  let database: PostgresClient
  let store: RevocationStore
  let connections: ConnectionStore
  let flows: FlowStore
  let audit: AuditWriter

  /// One Connection. Asked again, it answers with the same revocation.
  func revoke(_ id: ConnectionID, under authority: Authority) async throws -> StartedRevocation {
    let reach = try authority.reach()
    let organization = authority.organization
    return try await database.change(in: organization) { transaction in
      try await store.lock(.connection(id), in: organization, transaction: transaction)
      guard let record = try await connections.lock(id, in: organization, transaction: transaction) else {
        throw ServiceError.connectionNotFound
      }
      try authority.require(record, within: reach)
      guard record.connection.status != .revoked else {
        guard let earlier = try await store.revocation(of: id, in: organization, transaction: transaction) else {
          throw ServiceError.connectionNotFound
        }
        return StartedRevocation(id: earlier)
      }
      let revocation = RevocationID.random()
      try await store.insert(revocation, by: authority, transaction: transaction)
      _ = try await store.revoke(.connection(id), as: revocation, in: organization, transaction: transaction)
      try await audit.append(
        AuditEntry(
          .connectionRevoked, on: .connection(id), under: authority, details: ["revocationId": revocation.rawValue]),
        in: transaction)
      try await transaction.publish(.connection, id.rawValue, of: organization)
      return StartedRevocation(id: revocation)
    }
  }

  /// Every Connection of a user, an Integration, an MCP server or the organization, with the flows that would bring them back.
  func create(_ request: CreateRevocation, under authority: Authority) async throws -> StartedRevocation {
    let selection = try RevocationSelection(request)
    let organization = authority.organization
    return try await database.change(in: organization) { transaction in
      let revocation = RevocationID.random()
      try await store.insert(revocation, by: authority, transaction: transaction)
      let details = try await store.begin(
        selection, as: revocation, ending: flows, in: organization, transaction: transaction)
      try await audit.append(
        AuditEntry(.revocationBegun, on: .revocation(revocation), under: authority, details: details), in: transaction)
      try await transaction.publish(.connection, nil, of: organization)
      return StartedRevocation(id: revocation)
    }
  }

  /// The honest state of each token. For administrators, and for whoever began it.
  func report(_ query: RevocationQuery, under authority: Authority) async throws -> RevocationReport {
    let organization = authority.organization
    let unknown = ServiceError(.notFound, "There is no such revocation here.")
    guard let found = try await store.find(query.id, in: organization) else { throw unknown }
    if !authority.grant.purposes.contains(.administer) {
      guard let begunBy = found.begunBy, begunBy == authority.grant.userId else { throw unknown }
    }
    let totals = try await store.totals(query.id, in: organization)
    let page = try await store.items(query, in: organization)
    return RevocationReport(
      id: query.id, createdAt: found.createdAt, totals: totals, items: page.items, nextCursor: page.nextCursor)
  }
}
