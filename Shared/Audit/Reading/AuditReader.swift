import FoundationEssentials
public import Model
public import PostgreSQL

/// Reads an organization's entries for its owners. The caller has decided that they may see them.
public struct AuditReader: Sendable {
  private let client: PostgresClient
  private let service: ServiceName

  public init(client: PostgresClient, service: ServiceName) {
    self.client = client
    self.service = service
  }

  /// Entries that the filter lets through, newest first.
  ///
  /// - Throws: `invalid_request` for a limit out of bounds or a condition that is too long.
  public func newest(_ query: AuditQuery, of organization: OrganizationID) async throws -> AuditRecords {
    guard (1...PageRequest.maximumLimit).contains(query.limit) else {
      throw ServiceError(.invalidRequest, "limit must be from 1 to \(PageRequest.maximumLimit).")
    }
    let rows = try await AuditStore.newest(query, of: organization, client: client)
    return AuditRecords(items: rows.map { AuditRecord($0.row, at: $0.position, service: service) })
  }

  /// The next entries in the order of their numbers; fewer than ``AuditExportQuery/pageSize`` are the last ones.
  public func next(_ query: AuditExportQuery, of organization: OrganizationID) async throws -> AuditRecords {
    let rows = try await AuditStore.next(query, of: organization, client: client)
    return AuditRecords(items: rows.map { AuditRecord($0.row, at: $0.position, service: service) })
  }
}

extension AuditRecord {
  init(_ row: AuditRow, at position: AuditPosition, service: ServiceName) {
    let target = row.targetKind != nil || row.targetId != nil ? Target(kind: row.targetKind, id: row.targetId) : nil
    self.init(
      service: service, sequence: position.sequence, hash: Hexadecimal.text(position.hash),
      id: AuditEventID(rawValue: row.id),
      occurredAt: Date(timeIntervalSince1970: Double(row.occurredMicroseconds) / 1_000_000),
      occurredMicroseconds: row.occurredMicroseconds, action: row.action,
      actor: Actor(kind: row.actorKind, id: row.actorId), userId: row.userId, applicationId: row.applicationId,
      appId: row.appId, charmId: row.charmId, caller: row.caller, target: target, outcome: row.outcome,
      grantId: row.grantId, requestId: row.requestId, details: row.details)
  }
}
