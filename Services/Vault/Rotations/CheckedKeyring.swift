import Model
import PostgreSQL
import Sealing

/// A keyring that is proven to be the one that a database was written with, before anything is written with it.
enum CheckedKeyring {
  /// - Throws: `sealed` when it is another one, ``KeyringError``.
  static func load(_ path: String, for database: PostgresClient) async throws -> FileKeyManagement {
    let management = try FileKeyManagement(path: path)
    guard let canary = try await CanaryStore(database: database).read() else {
      throw ServiceError(
        .sealed, "The vault has not used this database yet: there is no known value to check the keyring by.")
    }
    switch try await canary.verify(using: management) {
    case .rightKey: return management
    case .missingKey(let id): throw ServiceError(.sealed, "Root key \(id) is not in the keyring.")
    case .wrongKey(let id):
      throw ServiceError(.sealed, "Root key \(id) of the keyring is not the one that the database was written with.")
    }
  }
}
