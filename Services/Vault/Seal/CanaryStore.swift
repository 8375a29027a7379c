import PostgreSQL
import Sealing

/// The root key's canary: one row for the whole database.
struct CanaryStore: Sendable {
  let database: PostgresClient

  func read() async throws -> KeyCanary? {
    let rows = try await database.read("SELECT root_key_id, blob FROM key_canary WHERE id = 1")
    guard let row = rows.first else { return nil }
    return KeyCanary(wrapped: WrappedKey(keyId: try row.get("root_key_id"), blob: try row.get("blob")))
  }

  /// Stores the first canary; a later one changes nothing.
  func insert(_ canary: KeyCanary) async throws {
    _ = try await database.write(
      """
      INSERT INTO key_canary (id, root_key_id, blob) VALUES (1, \(canary.wrapped.keyId), \(canary.wrapped.blob))
      ON CONFLICT (id) DO NOTHING
      """)
  }
}
