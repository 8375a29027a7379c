import FoundationEssentials
import PostgreSQL

/// How far the rotation of an organization's key has come.
struct KeyRotation: Sendable {
  var organization: String
  var target: UInt32
  var column: SealedColumn
  var afterKey: String
  /// Whether every writer has heard of the new key by now.
  var isSettled: Bool
  var unreadable: Int64
}

/// The rows of rotations that run.
struct KeyRotationStore: Sendable {
  /// A walk that ends earlier is followed by another one: a vault may go on sealing under the key that it knows for
  /// ``OrganizationKeys/newestLifetime``, and such a write may take some time to commit.
  static let settlingSeconds = 10.0

  /// A running rotation, locked; nil when it has ended or another vault is at it.
  func claim(_ organization: String, transaction: PostgresTransaction) async throws -> KeyRotation? {
    try await transaction.query(
      """
      SELECT target_version, kind, after_key, unreadable,
        started_at < clock_timestamp() - make_interval(secs => \(Self.settlingSeconds)) AS is_settled
      FROM key_rotation WHERE organization_id = \(organization) AND state = 'running' FOR UPDATE SKIP LOCKED
      """
    ).first.map { row in
      guard let target = UInt32(exactly: try row.get("target_version", as: Int64.self)) else {
        throw PostgresError.decoding(column: "target_version", expected: "UInt32", found: "another number")
      }
      return KeyRotation(
        organization: organization, target: target, column: try Stored.value(of: "kind", in: row),
        afterKey: try row.get("after_key"), isSettled: try row.get("is_settled"), unreadable: try row.get("unreadable"))
    }
  }

  /// Puts down where the walk is and what the batch did.
  func advance(_ rotation: KeyRotation, rewritten: Int, transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      UPDATE key_rotation SET kind = \(rotation.column.rawValue), after_key = \(rotation.afterKey),
        rewritten = rewritten + \(rewritten), unreadable = \(rotation.unreadable), updated_at = clock_timestamp()
      WHERE organization_id = \(rotation.organization)
      """)
  }

  /// Begins the next walk.
  func walkAgain(_ organization: String, transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      UPDATE key_rotation SET kind = \(SealedColumn.secrets.rawValue), after_key = '', pass = pass + 1, unreadable = 0,
        updated_at = clock_timestamp()
      WHERE organization_id = \(organization)
      """)
  }

  func finish(_ organization: String, transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      UPDATE key_rotation SET state = 'finished', finished_at = clock_timestamp(), updated_at = clock_timestamp()
      WHERE organization_id = \(organization)
      """)
  }
}
