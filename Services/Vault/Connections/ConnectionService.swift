import Audit
import Model
import PostgreSQL

/// Connections as people see and manage them. Never a token.
struct ConnectionService: Sendable {
  let database: PostgresClient
  let store: ConnectionStore
  let due: DueRefreshStore
  let uses: ConnectionUseStore
  let audit: AuditWriter

  func list(_ query: ListConnections, under authority: Authority) async throws -> Page<Connection> {
    let reach = try authority.reach()
    if let user = query.userId, let own = reach.user, user != own {
      throw GrantMismatch(reason: .otherUser, grant: authority.grant)
    }
    return try await store.list(reach, query)
  }

  func show(_ id: ConnectionID, under authority: Authority) async throws -> Connection {
    try await record(id, authority).connection
  }

  func uses(
    of id: ConnectionID, _ page: PageRequest, under authority: Authority
  ) async throws -> Page<ConnectionUse> {
    let record = try await record(id, authority)
    return try await uses.list(of: record.id, in: authority.organization, page)
  }

  func change(
    _ id: ConnectionID, _ change: ConnectionChange, under authority: Authority
  ) async throws -> Connection {
    let reach = try authority.reach()
    let organization = authority.organization
    return try await database.change(in: organization) { transaction in
      guard let record = try await store.lock(id, in: organization, transaction: transaction),
        record.connection.status != .revoked
      else { throw ServiceError.connectionNotFound }
      try authority.require(record, within: reach)
      let changed: ConnectionRecord
      let action: VaultAction
      switch change {
      case .makeDefault:
        changed = try await store.makeDefault(record, transaction: transaction)
        action = .connectionMadeDefault
      case .pause:
        guard record.connection.status != .needsReauthorization else {
          throw ServiceError(.conflict, "The account must be authorized again before it can be paused.")
        }
        changed = try await store.setStatus(.paused, of: record, transaction: transaction)
        action = .connectionPaused
      case .resume:
        guard record.connection.status == .paused else { return record.connection }
        changed = try await store.setStatus(.active, of: record, transaction: transaction)
        try await due.schedule(changed, transaction: transaction)
        action = .connectionResumed
      }
      try await audit.append(AuditEntry(action, on: .connection(id), under: authority), in: transaction)
      try await transaction.publish(.connection, id.rawValue, of: organization)
      return changed.connection
    }
  }

  private func record(_ id: ConnectionID, _ authority: Authority) async throws -> ConnectionRecord {
    guard let record = try await store.find(id, in: authority.organization) else {
      throw ServiceError.connectionNotFound
    }
    try authority.require(record, within: try authority.reach())
    return record
  }
}
