import PostgreSQL
import TestSupport
import Testing

struct RowSecurityTests {
  private static let script = """
    CREATE TABLE item (organization_id text NOT NULL, name text NOT NULL);
    INSERT INTO item SELECT 'org_' || o, 'secret of org_' || o FROM generate_series(0, 99) o;
    ALTER TABLE item ENABLE ROW LEVEL SECURITY;
    ALTER TABLE item FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON item
      USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))
      WITH CHECK (organization_id = nullif(current_setting('lanyard.organization', true), ''));
    """

  private func context(_ organization: Int) -> SessionContext {
    SessionContext(setting: "lanyard.organization", value: "org_\(organization)")
  }

  @Test func tenThousandInterleavedReadsSeeOnlyTheirOrganization() async throws {
    try await withDatabase(Self.script) { client, _ in
      let sql: SQL = "SELECT organization_id, name FROM item"
      let (foreign, leaked, failed) = try await withThrowingTaskGroup(of: (Int, Int, Int).self) { group in
        for task in 0..<100 {
          group.addTask {
            var counts = (0, 0, 0)
            for round in 0..<100 {
              switch (task + round) % 8 {
              case 0:
                // Without a context nothing may be seen, whatever a neighbour has set.
                counts.1 += try await client.read(sql).count
              case 1:
                // An error in between must not carry a context over either.
                do { _ = try await client.read(in: self.context(task), "SELECT 1 / \(0) AS n FROM item") } catch {
                  counts.2 += 1
                }
              default:
                let organization = (task * 7 + round) % 100
                let rows = try await client.read(in: self.context(organization), sql)
                let names = try rows.map { try $0.get("organization_id", as: String.self) }
                if names != ["org_\(organization)"] { counts.0 += 1 }
              }
            }
            return counts
          }
        }
        return try await group.reduce((0, 0, 0)) { ($0.0 + $1.0, $0.1 + $1.1, $0.2 + $1.2) }
      }
      #expect(foreign == 0)
      #expect(leaked == 0)
      print(
        """
        figure: 10000 interleaved reads of 100 organizations (\(failed) failing on purpose), foreign rows: \(foreign), \
        rows without context: \(leaked)
        """)
    }
  }

  @Test func writesAndTransactionsKeepToTheirOrganization() async throws {
    try await withDatabase(Self.script) { client, _ in
      try await client.write(
        in: context(1), "INSERT INTO item (organization_id, name) VALUES (\("org_1"), \("new"))")
      let foreign = await failure {
        try await client.write(
          in: context(1), "INSERT INTO item (organization_id, name) VALUES (\("org_2"), \("new"))")
      }
      #expect(foreign?.sqlState == .insufficientPrivilege)
      #expect(try await client.execute(in: context(3), "UPDATE item SET name = \("x")") == 1)
      #expect(try await client.execute("UPDATE item SET name = \("x")") == 0)
      let seen = try await client.transaction(in: context(1)) { try await $0.query("SELECT name FROM item").count }
      #expect(seen == 2)
      // The connection that had a context before has none now.
      for _ in 0..<5 {
        #expect(try await client.transaction { try await $0.query("SELECT name FROM item").count } == 0)
      }
    }
  }

  @Test func aContextKeepsPlansForItsOwnTransactionAlone() async throws {
    try await withDatabase(Self.script) { client, _ in
      let keeping = SessionContext(setting: "lanyard.organization", value: "org_1", keepsPlans: true)
      let shown: SQL = "SELECT current_setting('plan_cache_mode') AS mode, (SELECT count(*) FROM item) AS items"
      func modes(_ row: PostgresRow?) throws -> String {
        let row = try #require(row)
        return "\(try row.get("mode", as: String.self)) \(try row.get("items", as: Int64.self))"
      }
      for _ in 0..<5 {
        let inside = try await client.transaction(in: keeping) { try await $0.query(shown).first }
        #expect(try modes(inside) == "force_generic_plan 1")
        #expect(try modes(try await client.read(in: keeping, shown).first) == "force_generic_plan 1")
        let after = try await client.transaction { try await $0.query(shown).first }
        #expect(try modes(after) == "auto 0")
        #expect(try modes(try await client.read(shown).first) == "auto 0")
        // Entered on the way, beside what the transaction began with.
        let late = try await client.transaction(in: context(2)) { transaction in
          try await transaction.use(keeping)
          return try await transaction.query(shown).first
        }
        #expect(try modes(late) == "force_generic_plan 1")
      }
    }
  }
}
