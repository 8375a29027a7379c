import Model
import PostgreSQL
import Sealing

/// Root keys that are proven to be those that a database was written with, before anything is written with them.
enum CheckedRootKeys {
  /// - Throws: `sealed` when they are others, `unavailable` when Transit does not answer, ``KeyringError``.
  static func open(_ source: KeyManagementSource, for database: PostgresClient) async throws -> any KeyManagement {
    let management = try source.open()
    guard let canary = try await CanaryStore(database: database).read() else {
      throw ServiceError(
        .sealed, "The vault has not used this database yet: there is no known value to check the root keys by.")
    }
    switch try await canary.verify(using: management) {
    case .rightKey: return management
    case .missingKey(let id): throw ServiceError(.sealed, "Root key \(id) is not among those that were given.")
    case .wrongKey(let id):
      throw ServiceError(.sealed, "Root key \(id) is not the one that the database was written with.")
    }
  }
}
