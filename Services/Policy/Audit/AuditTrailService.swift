import Audit
import Model

/// The organization's audit trail as its owners and admins read it.
struct AuditTrailService: Sendable {
  let reader: AuditReader
  let audit: PolicyAudit

  /// - Throws: `forbidden`, or `invalid_request` for a limit out of bounds.
  func list(_ query: AuditQuery, by principal: Principal) async throws -> AuditRecords {
    try await audit.requireConfiguration(principal, attempt: "audit.list")
    return try await reader.newest(query, of: principal.organizationId)
  }

  /// Puts on record that a copy leaves, before it does.
  /// - Throws: `forbidden`.
  func beginExport(_ request: BeginAuditExport, by principal: Principal) async throws {
    try await audit.requireConfiguration(principal, attempt: "audit.export")
    var details: [String: String] = [:]
    details["from"] = request.from.map(WireTime.text)
    details["to"] = request.to.map(WireTime.text)
    try await audit.record(
      AuditFact(
        action: .auditExported, targetKind: "organization", targetId: principal.organizationId.rawValue,
        details: details),
      by: principal.origin)
  }

  /// - Throws: `forbidden`.
  func export(_ query: AuditExportQuery, by principal: Principal) async throws -> AuditRecords {
    try await audit.requireConfiguration(principal, attempt: "audit.export")
    return try await reader.next(query, of: principal.organizationId)
  }
}
