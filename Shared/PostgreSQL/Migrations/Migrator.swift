public import FoundationEssentials

/// Brings a database to the state that a directory of migrations describes. Forward only.
///
/// Each migration is one transaction together with its row in `schema_migration`, under a lock that every migrator of
/// the database takes; so any number of them may run at once. A migration must not contain `BEGIN` or `COMMIT`, nor
/// what PostgreSQL refuses in a transaction, such as `CREATE INDEX CONCURRENTLY`.
///
/// `:"name"` in a file stands for a variable as a quoted identifier, as in psql: for role names in GRANT.
public struct Migrator: Sendable {
  private let migrations: [Migration]
  private let variables: [String: String]

  /// Locks out other migrators of the same database. Any number will do as long as it stays the same.
  private static let lockKey: Int64 = 0x6C61_6E79_6172_6401
  /// A migration may rewrite a large table; the service's own statement timeout would stop it.
  private static let unlimited: SQL = "SET LOCAL statement_timeout = 0"
  /// Longer than any migration of another migrator should take.
  private static let lockWait: SQL = "SET LOCAL lock_timeout = '10min'"
  private static let noIdleLimit: SQL = "SET LOCAL idle_in_transaction_session_timeout = 0"

  public init(directory: URL, variables: [String: String] = [:]) throws {
    migrations = try Migration.load(from: directory)
    self.variables = variables
  }

  /// Applies what is missing.
  ///
  /// - Parameters:
  ///   - directory: Holds the files, `0001_name.sql` and on.
  ///   - client: Connected as the owner of the schema.
  ///   - variables: Values for `:"name"` in the files.
  /// - Returns: the migrations applied by this call, in order.
  /// - Throws: ``MigrationError``, ``PostgresError``.
  @discardableResult
  public static func apply(
    directory: URL, using client: PostgresClient, variables: [String: String] = [:]
  ) async throws -> [Migration] {
    try await Migrator(directory: directory, variables: variables).apply(using: client)
  }

  /// The migrations that ``apply(directory:using:variables:)`` would apply.
  ///
  /// - Throws: ``MigrationError`` when files and database contradict each other.
  public static func pending(directory: URL, using client: PostgresClient) async throws -> [Migration] {
    try await Migrator(directory: directory).pending(using: client)
  }

  @discardableResult
  public func apply(using client: PostgresClient) async throws -> [Migration] {
    var applied: [Migration] = []
    while let migration = try await applyNext(using: client) { applied.append(migration) }
    return applied
  }

  public func pending(using client: PostgresClient) async throws -> [Migration] {
    try await client.transaction(isolation: .repeatableRead) { transaction in
      let exists = try await transaction.query("SELECT to_regclass('schema_migration') IS NOT NULL AS present")
      guard try exists.first?.get("present", as: Bool.self) == true else { return migrations }
      return try await missing(transaction)
    }
  }

  /// Applies the first migration that is missing; nil when there is none.
  private func applyNext(using client: PostgresClient) async throws -> Migration? {
    try await client.transaction { transaction in
      try await transaction.query(Self.lockWait)
      // Waiting for the lock counts as a statement too.
      try await transaction.query(Self.unlimited)
      try await transaction.query(Self.noIdleLimit)
      try await transaction.query("SELECT pg_advisory_xact_lock(\(Self.lockKey))")
      try await transaction.query(
        """
        CREATE TABLE IF NOT EXISTS schema_migration (
          version integer PRIMARY KEY CHECK (version > 0),
          name text NOT NULL,
          checksum text NOT NULL,
          applied_at timestamptz NOT NULL DEFAULT now()
        )
        """)
      guard let next = try await missing(transaction).first else { return nil }
      let text = try expanded(next)
      do {
        try await transaction.runScript(text)
      } catch let error as PostgresError {
        throw MigrationError.failed(version: next.version, name: next.name, error)
      }
      try await transaction.query(
        """
        INSERT INTO schema_migration (version, name, checksum)
        VALUES (\(next.version), \(next.name), \(next.checksum))
        """)
      return next
    }
  }

  /// Compares files and database.
  private func missing(_ transaction: PostgresTransaction) async throws -> [Migration] {
    let rows = try await transaction.query("SELECT version, name, checksum FROM schema_migration ORDER BY version")
    for (index, row) in rows.enumerated() {
      let version = try row.get("version", as: Int.self)
      let name = try row.get("name", as: String.self)
      guard version == index + 1, version <= migrations.count else {
        throw MigrationError.missing(version: version, name: name)
      }
      guard try row.get("checksum", as: String.self) == migrations[index].checksum else {
        throw MigrationError.changed(version: version, name: name)
      }
    }
    return Array(migrations.dropFirst(rows.count))
  }

  /// The text with its variables as quoted identifiers.
  private func expanded(_ migration: Migration) throws -> String {
    var parts = migration.text.components(separatedBy: ":\"")
    for index in parts.indices.dropFirst() {
      guard let end = parts[index].firstIndex(of: "\""), let value = variables[String(parts[index][..<end])] else {
        let name = parts[index].prefix { $0 != "\"" }.prefix(63)
        throw MigrationError.unknownVariable(version: migration.version, name: String(name))
      }
      let inner = value.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      parts[index] = "\"\(inner)\"" + parts[index][parts[index].index(after: end)...]
    }
    return parts.joined()
  }
}
