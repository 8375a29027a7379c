package import FoundationEssentials
package import Model
import PostgreSQL

/// How a rotation stands, as an operator sees it.
package struct KeyRotationProgress: Codable, Sendable, Equatable {
  package var id: String
  package var organizationId: OrganizationID
  package var targetVersion: Int64
  package var state: String
  package var pass: Int
  package var total: Int64
  package var rewritten: Int64
  package var unreadable: Int64
  package var startedAt: Date
  package var finishedAt: Date?
}

extension KeyRotationProgress {
  /// What ``init(_:)`` reads.
  static let columns: SQL =
    "id, organization_id, target_version, state, pass, total, rewritten, unreadable, started_at, finished_at"

  init(_ row: PostgresRow) throws {
    self.init(
      id: try row.get("id"), organizationId: OrganizationID(rawValue: try row.get("organization_id")),
      targetVersion: try row.get("target_version"), state: try row.get("state"), pass: try row.get("pass"),
      total: try row.get("total"), rewritten: try row.get("rewritten"), unreadable: try row.get("unreadable"),
      startedAt: try row.get("started_at"), finishedAt: try row.get("finished_at"))
  }

  /// As the organization's owners and admins see it.
  func report() throws -> KeyRotationReport {
    guard let state = KeyRotationReport.State(rawValue: state) else {
      throw PostgresError.decoding(column: "state", expected: "KeyRotationReport.State", found: "another text")
    }
    return KeyRotationReport(
      id: KeyRotationID(rawValue: id), state: state, keyVersion: targetVersion, total: total, rewritten: rewritten,
      unreadable: unreadable, startedAt: startedAt, finishedAt: finishedAt)
  }
}
