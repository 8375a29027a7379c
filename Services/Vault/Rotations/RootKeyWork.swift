import Model
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
    /// Organization keys that open under none of the root keys: organization and version.
    package var unreadable: [String]
  }

  /// Rows that are read at a time.
  private static let page = 500

  private let database: PostgresClient

  package init(database: PostgresClient) { self.database = database }

  /// Opens every organization key and changes nothing.
  package func verify(using source: KeyManagementSource) async throws -> Report {
    try await walk(try await CheckedRootKeys.open(source, for: database), rewraps: false)
  }

  /// Puts every organization key, and the value that vaults check their root keys by, under the primary root key. Can be stopped at any
  /// time and run again.
  package func rewrap(using source: KeyManagementSource) async throws -> Report {
    try await alone {
      let management = try await CheckedRootKeys.open(source, for: database)
      // A place that wraps and does not unwrap would take the keys and never give them back.
      try await management.health()
      let report = try await walk(management, rewraps: true)
      // Last: while it is under the old key, a vault with the old root keys still opens.
      let canary = try await KeyCanary.make(using: management)
      try await database.execute(
        "UPDATE key_canary SET root_key_id = \(canary.wrapped.keyId), blob = \(canary.wrapped.blob) WHERE id = 1")
      return report
    }
  }

  /// As ``rewrap(using:)``, from one place to the other, and opens everything again from the new place alone.
  ///
  /// - Parameter source: Both places; its primary is where the keys go.
  /// - Returns: In `unreadable` also what a vault has put under the old place meanwhile: then its settings come first.
  package func move(using source: KeyManagementSource) async throws -> Report {
    let moved = try await rewrap(using: source)
    var report = try await verify(using: source.primaryAlone)
    report.rewrapped = moved.rewrapped
    return report
  }

  /// Two at once would put keys back under each other's root key.
  private func alone(
    _ work: nonisolated(nonsending) () async throws -> Report
  ) async throws -> Report {
    try await database.transaction { transaction in
      // Held for as long as the work takes, and let go of with the connection, however that ends.
      try await transaction.query("SET LOCAL idle_in_transaction_session_timeout = 0")
      let lock = try await transaction.query(
        "SELECT pg_try_advisory_xact_lock(hashtextextended('root-keys', 0)) AS taken")
      guard try lock.first?.get("taken", as: Bool.self) == true else {
        throw ServiceError(.conflict, "Another command is putting keys under a root key. Wait for its end.")
      }
      return try await work()
    }
  }

  private func walk(_ management: any KeyManagement, rewraps: Bool) async throws -> Report {
    let wrapping = try await management.describe()
    var report = Report(primary: wrapping.primaryKeyId, keys: [:], rewrapped: 0, unreadable: [])
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
        let stored = WrappedOrganizationKey(
          organizationId: last.organization, version: UInt32(clamping: last.version),
          wrapped: WrappedKey(keyId: try row.get("root_key_id"), blob: try row.get("blob")))
        try await take(stored, management, rewrappingFor: rewraps ? wrapping : nil, &report)
      }
      if rows.count < Self.page { return report }
    }
  }

  private func take(
    _ stored: WrappedOrganizationKey, _ management: any KeyManagement,
    rewrappingFor wrapping: KeyManagementDescription?, _ report: inout Report
  ) async throws {
    var root = stored.wrapped.keyId
    do {
      if let wrapping, !wrapping.wraps(stored.wrapped) {
        let new = try await stored.rewrapped(using: management)
        _ = try await new.unwrap(using: management)
        try await store(new.wrapped, instead: stored)
        root = new.wrapped.keyId
        report.rewrapped += 1
      } else {
        _ = try await stored.unwrap(using: management)
      }
      report.keys[root, default: 0] += 1
    } catch let error as KeyManagementError where !error.isRetryable || error == .unknownKey(id: root) {
      report.unreadable.append("\(stored.organizationId) version \(stored.version)")
    }
  }

  private func store(_ new: WrappedKey, instead old: WrappedOrganizationKey) async throws {
    try await database.execute(
      in: VaultSchema.context(old.organizationId),
      """
      UPDATE organization_key SET root_key_id = \(new.keyId), blob = \(new.blob)
      WHERE organization_id = \(old.organizationId) AND version = \(Int64(old.version)) AND blob = \(old.wrapped.blob)
      """)
  }
}
