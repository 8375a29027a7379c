import Foundation
import PostgreSQL
import TestSupport
import Testing

struct MigrationTests {
  /// A folder with migration files, removed at the end.
  private func withFiles<Result>(
    _ files: [String: String], _ body: (URL) async throws -> Result
  ) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "migrations-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
    return try await body(folder)
  }

  private func withOwner<Result: Sendable>(
    _ body: @Sendable (PostgresClient, TemporaryDatabase) async throws -> Result
  ) async throws -> Result {
    let database = try TemporaryPostgres.shared().makeDatabase()
    return try await withPostgresClient(database.owner) { try await body($0, database) }
  }

  private let two = [
    "0001_item.sql": "CREATE TABLE item (id bigint);\nINSERT INTO item VALUES (1);",
    "0002_name.sql": "ALTER TABLE item ADD COLUMN name text DEFAULT ':x';\n-- a comment; with $1 and 'quotes'\n",
    "README.md": "not a migration",
  ]

  private func migrationError(_ body: () async throws -> some Sendable) async -> MigrationError? {
    do {
      _ = try await body()
      return nil
    } catch { return error as? MigrationError }
  }

  @Test func missingMigrationsAreAppliedInOrderAndOnce() async throws {
    try await withFiles(two) { folder in
      try await withOwner { (client, _) async throws -> Void in
        #expect(try await Migrator.pending(directory: folder, using: client).map(\.version) == [1, 2])
        #expect(try await Migrator.apply(directory: folder, using: client).map(\.name) == ["item", "name"])
        #expect(try await Migrator.apply(directory: folder, using: client).isEmpty)
        #expect(try await Migrator.pending(directory: folder, using: client).isEmpty)
        #expect(try await client.read("SELECT id, name FROM item").count == 1)
      }
    }
  }

  @Test func aChangedFileIsRefused() async throws {
    try await withFiles(two) { folder in
      try await withOwner { client, _ in
        try await Migrator.apply(directory: folder, using: client)
        try Data("CREATE TABLE item (id text);".utf8).write(to: folder.appending(path: "0001_item.sql"))
        #expect(
          await migrationError { try await Migrator.apply(directory: folder, using: client) }
            == .changed(version: 1, name: "item"))
        #expect(
          await migrationError { try await Migrator.pending(directory: folder, using: client) }
            == .changed(version: 1, name: "item"))
      }
    }
  }

  @Test func aMissingFileIsRefused() async throws {
    try await withFiles(two) { folder in
      try await withOwner { client, _ in
        try await Migrator.apply(directory: folder, using: client)
        try FileManager.default.removeItem(at: folder.appending(path: "0002_name.sql"))
        #expect(
          await migrationError { try await Migrator.apply(directory: folder, using: client) }
            == .missing(version: 2, name: "name"))
      }
    }
  }

  @Test func twoMigratorsAtOnceApplyOnce() async throws {
    var files: [String: String] = [:]
    for version in 1...20 {
      files[String(format: "%04d_step.sql", version)] = "CREATE TABLE step_\(version) (id bigint);"
    }
    try await withFiles(files) { folder in
      try await withOwner { client, _ in
        let applied = try await withThrowingTaskGroup(of: Int.self) { group in
          for _ in 0..<3 {
            group.addTask { try await Migrator.apply(directory: folder, using: client).count }
          }
          return try await group.reduce(0, +)
        }
        #expect(applied == 20)
        #expect(try await client.read("SELECT version FROM schema_migration").count == 20)
      }
    }
  }

  @Test func aFailedMigrationLeavesNothing() async throws {
    var files = two
    files["0003_bad.sql"] = "CREATE TABLE half (id bigint);\nSELECT 1 / 0;"
    try await withFiles(files) { folder in
      try await withOwner { (client, _) async throws -> Void in
        let error = await migrationError { try await Migrator.apply(directory: folder, using: client) }
        guard case .failed(3, "bad", let cause)? = error else {
          return #expect(Bool(false), "\(String(describing: error))")
        }
        #expect(cause.sqlState == .divisionByZero)
        #expect(
          try await client.read("SELECT to_regclass('half') IS NULL AS gone").first?.get("gone", as: Bool.self) == true)
        #expect(try await Migrator.pending(directory: folder, using: client).map(\.version) == [3])
      }
    }
  }

  @Test func aMigrationMustNotEndItsTransaction() async throws {
    try await withFiles(["0001_a.sql": "CREATE TABLE a (id bigint); COMMIT; CREATE TABLE b (id bigint);"]) { folder in
      try await withOwner { client, _ in
        #expect(
          await migrationError { try await Migrator.apply(directory: folder, using: client) }
            == .failed(version: 1, name: "a", .notAllowed))
      }
    }
  }

  @Test func variablesBecomeQuotedIdentifiers() async throws {
    try await withFiles(["0001_a.sql": "CREATE TABLE a (id bigint);\nREVOKE ALL ON a FROM :\"application\";"]) {
      folder in
      try await withOwner { client, database in
        #expect(
          await migrationError { try await Migrator.apply(directory: folder, using: client) }
            == .unknownVariable(version: 1, name: "application"))
        try await Migrator.apply(
          directory: folder, using: client, variables: ["application": database.applicationRole])
        let sql: SQL = "SELECT has_table_privilege(\(database.applicationRole), 'a', 'SELECT') AS may"
        #expect(try await client.read(sql).first?.get("may", as: Bool.self) == false)
      }
    }
  }

  @Test(arguments: [
    (["1_a.sql"], MigrationError.badName("1_a.sql")), (["0001.sql"], .badName("0001.sql")),
    (["0001_a.sql", "0003_c.sql"], .outOfOrder(version: 3, expected: 2)),
    (["0001_a.sql", "0001_b.sql"], .outOfOrder(version: 1, expected: 2)),
    (["0002_b.sql"], .outOfOrder(version: 2, expected: 1)),
  ])
  func namesAndNumbersAreChecked(files: [String], error: MigrationError) async throws {
    try await withFiles(Dictionary(uniqueKeysWithValues: files.map { ($0, "SELECT 1;") })) { folder in
      _ = #expect(throws: error) { try Migration.load(from: folder) }
    }
  }
}

struct DatabaseGuardTests {
  private let fenced = """
    CREATE TABLE item (organization_id text);
    ALTER TABLE item ENABLE ROW LEVEL SECURITY;
    ALTER TABLE item FORCE ROW LEVEL SECURITY;
    CREATE TABLE shared (id bigint);
    """

  @Test func aFencedDatabaseMayBeUsed() async throws {
    try await withDatabase(fenced) { (client, _) async throws -> Void in
      #expect(try await DatabaseGuard(requiresFsync: false).check(using: client).isEmpty)
      #expect(try await DatabaseGuard().check(using: client) == [.notDurable(setting: "fsync")])
    }
  }

  @Test func everyProblemIsNamedAtOnce() async throws {
    let script =
      fenced + """
        CREATE TABLE open (organization_id text);
        CREATE TABLE enabled_only (organization_id text);
        ALTER TABLE enabled_only ENABLE ROW LEVEL SECURITY;
        """
    try await withDatabase(script) { client, database in
      try database.server.psql(
        """
        ALTER ROLE \(database.applicationRole) BYPASSRLS;
        ALTER DATABASE \(database.name) SET synchronous_commit = off;
        """)
      try await withPostgresClient(database.application) { client in
        let problems = try await DatabaseGuard().check(using: client)
        #expect(
          Set(problems) == [
            .bypassesRowSecurity(role: database.applicationRole), .rowSecurityNotForced(table: "open"),
            .rowSecurityNotForced(table: "enabled_only"), .notDurable(setting: "fsync"),
            .notDurable(setting: "synchronous_commit"),
          ])
        await #expect(throws: DatabaseGuardError.self) { try await DatabaseGuard().enforce(using: client) }
      }
    }
  }

  @Test func theOwnerAndItsMembersAreRefused() async throws {
    try await withDatabase(fenced) { client, database in
      try await withPostgresClient(database.owner) { (owner) async throws -> Void in
        #expect(
          try await DatabaseGuard(requiresFsync: false).check(using: owner) == [
            .ownsTable("item"), .ownsTable("shared"),
          ])
      }
      try database.server.psql("GRANT \(database.ownerRole) TO \(database.applicationRole)")
      #expect(
        try await DatabaseGuard(requiresFsync: false).check(using: client) == [
          .ownsTable("item"), .ownsTable("shared"),
        ])
    }
  }

  @Test func aSuperuserIsRefused() async throws {
    try await withDatabase(fenced) { _, database in
      var configuration = database.server.superuser
      configuration.database = database.name
      let role = configuration.user
      try await withPostgresClient(configuration) { client in
        let problems = try await DatabaseGuard(requiresFsync: false).check(using: client)
        #expect(problems.contains(.superuser(role: role)))
      }
    }
  }
}
