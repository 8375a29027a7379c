import Audit
import Model

/// What an organization's owners ask about the rotation of its key.
struct KeyRotationDesk: Sendable {
  let order: KeyRotationOrder
  let log: KeyRotationLog
  let seal: Seal

  /// - Throws: `not_found` for an organization that nothing is stored for yet.
  func begin(under authority: Authority) async throws -> KeyRotationReport {
    try await order.begin(authority.organization, using: try seal.keys()) { begun in
      AuditEntry(
        .organizationKeyRotationBegun, on: .organizationKey(version: UInt32(clamping: begun.targetVersion)),
        under: authority, details: ["rotationId": begun.id])
    }.report()
  }

  /// - Throws: `not_found`, also for another organization's.
  func show(_ id: KeyRotationID, under authority: Authority) async throws -> KeyRotationReport {
    guard let found = try await log.find(id, in: authority.organization) else {
      throw ServiceError(.notFound, "There is no such rotation here.")
    }
    return try found.report()
  }

  func list(_ page: PageRequest, under authority: Authority) async throws -> Page<KeyRotationReport> {
    let found = try await log.list(page, in: authority.organization)
    return Page(items: try found.items.map { try $0.report() }, nextCursor: found.nextCursor)
  }
}
