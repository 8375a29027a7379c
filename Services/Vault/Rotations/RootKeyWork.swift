package import PostgreSQL
import Sealing

/// Root keys and the organizations' keys that they wrap: puts these under the primary root key, and proves that every one of them opens.
///
/// An operator's work, done as the owner role. No data is touched.
package struct RootKeyWork: Sendable {
  /// What was found and done. No key material.
  package struct Report: Codable, Sendable, Equatable {
    package var primary: String
    /// Organization keys by the root key that they are under, at the end.
    package var keys: [String: Int]
    package var rewrapped: Int
    /// Organization keys that open under no root key of the keyring: organization and version.
    package var unreadable: [String]
  }

  /// Rows that are read at a time.
  private static let page = 500

  private let database: PostgresClient

  package init(database: PostgresClient) { self.database = database }

  /// Opens every organization key and changes nothing.
  package func verify(keyringFile: String) async throws -> Report {
    try await walk(keyringFile, rewraps: false)
  }

  /// Puts every organization key, and the value that vaults check their keyring by, under the primary root key. Can be stopped at any
  /// time and run again.
  package func rewrap(keyringFile: String) async throws -> Report {
    let report = try await walk(keyringFile, rewraps: true)
    // Last: while it is under the old key, a vault with the old keyring still opens.
    let canary = try await KeyCanary.make(using: try FileKeyManagement(path: keyringFile))
    try await database.execute(
      """
      UPDATE key_canary SET root_key_id = \(canary.wrapped.keyId), blob = \(canary.wrapped.blob)
      WHERE id = 1 AND root_key_id <> \(canary.wrapped.keyId)
      """)
    return report
  }

  private func walk(_ keyringFile: String, rewraps: Bool) async throws -> Report {
    let management = try await CheckedKeyring.load(keyringFile, for: database)
    var report = Report(primary: management.describe().primaryKeyId, keys: [:], rewrapped: 0, unreadable: [])
    var last = (organization: "", version: Int64(0))
    while true {
      let rows = try await database.read(
        """
        SELECT organization_id, version, root_key_id, blob FROM organization_key
        WHERE (organization_id, version) > (\(last.organization), \(last.version))
        ORDER BY organization_id, version LIMIT \(Self.page)
        """)
      for row in rows {
        last = (try row.get("organization_id"), try row.get("version"))
        try await take(row, last, management, rewraps, &report)
      }
      if rows.count < Self.page { return report }
    }
  }

  private func take(
    _ row: PostgresRow, _ place: (organization: String, version: Int64), _ management: FileKeyManagement,
    _ rewraps: Bool, _ report: inout Report
  ) async throws {
    var root: String = try row.get("root_key_id")
    let stored = WrappedOrganizationKey(
      organizationId: place.organization, version: UInt32(clamping: place.version),
      wrapped: WrappedKey(keyId: root, blob: try row.get("blob")))
    do {
      let new = try await stored.rewrapped(using: management).wrapped
      if rewraps, root != report.primary {
        try await store(new, instead: stored, version: place.version)
        root = new.keyId
        report.rewrapped += 1
      }
      report.keys[root, default: 0] += 1
    } catch let error as KeyManagementError where !error.isRetryable || error == .unknownKey(id: root) {
      report.unreadable.append("\(place.organization) version \(place.version)")
    }
  }

  private func store(_ new: WrappedKey, instead old: WrappedOrganizationKey, version: Int64) async throws {
    try await database.execute(
      in: VaultSchema.context(old.organizationId),
      """
      UPDATE organization_key SET root_key_id = \(new.keyId), blob = \(new.blob)
      WHERE organization_id = \(old.organizationId) AND version = \(version) AND blob = \(old.wrapped.blob)
      """)
  }
}
