import Audit
import Foundation
import Model
import PostgreSQL
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

@Suite("What is stored")
struct StorageTests {
  @Test func neitherTheDatabaseNorTheLogHoldsATokenOrASecret() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      var canaries = [tenant.key.expose { $0 }]
      for number in 0..<20 {
        let session = try await tenant.createSession(CreateSession(user: .init(id: "u\(number)"), role: .admin))
        canaries.append(session.token.secret.expose { $0 })
        canaries.append(Tenant.hash(session.token.secret).secret.expose { $0 })
        var request = Tenant.github
        request.clientSecret = WireSecret("canary-\(RandomText.base32(bytes: 16))")
        canaries.append(request.clientSecret?.secret.expose { $0 } ?? "")
        _ = try await tenant.createIntegration(request, as: Tenant.hash(session.token.secret))
        _ = await refusal { try await tenant.createIntegration(request) }
      }
      let dump = try policy.database.dump()
      #expect(dump.contains("token_hash"))
      let log = policy.log.text
      #expect(log.contains("request"))
      // The dump holds the hashes of tokens, as it must; the log holds not even these.
      let inDump = canaries.filter { $0.count != 64 && dump.contains($0) }
      let inLog = canaries.filter { log.contains($0) }
      #expect(inDump.isEmpty)
      #expect(inLog.isEmpty)
      print("figure: \(canaries.count) canaries, \(inDump.count) in the database, \(inLog.count) in the log")
    }
  }

  @Test func aDatabaseThatCannotServeIsUnavailableAndSaysWhenToComeBack() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let made = try await tenant.createIntegration()
      try policy.database.superuser(
        """
        CREATE FUNCTION exhausted() RETURNS boolean LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION 'no more' USING ERRCODE = '53300'; END $$;
        CREATE POLICY exhausted ON integration AS RESTRICTIVE USING (exhausted()) WITH CHECK (exhausted());
        """)
      let calls: [@Sendable () async throws -> Void] = [
        { _ = try await tenant.createIntegration() },
        {
          _ = try await policy.gateway.call(
            IntegrationEndpoints.show, OnBehalf(tenant.apiKey, Reference<IntegrationKind>(id: made.id)))
        },
        {
          // A route without a caller's credential.
          _ = try await policy.exchanger.call(
            IntegrationEndpoints.client, ClientReference(organizationId: tenant.id, integrationId: made.id))
        },
      ]
      for call in calls {
        do {
          try await call()
          Issue.record("it was served")
        } catch let error as ServiceError {
          #expect(error.code == .unavailable)
          #expect(error.retryAfter == 1)
        }
      }
    }
  }

  @Test func aChangeThatADeadlockHasEndedIsMadeAnew() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer()
      let changed = try await policy.database.server.crossing(
        in: policy.database.name,
        first: "SELECT FROM audit_head WHERE organization_id = \(tenant.id.rawValue) FOR UPDATE",
        second: "SELECT FROM mcp_server WHERE mcp_server_id = \(server.id.rawValue) FOR UPDATE"
      ) { try await tenant.update(server.id, UpdateMCPServer(name: "Renamed")) }
      #expect(changed.name == "Renamed")
      let rows = try policy.database.superuser(
        "SELECT count(*) FROM audit_entry WHERE action = 'mcp-server.changed' AND target_id = '\(server.id)'")
      #expect(rows == "1\n", "and it is on record once")
    }
  }

  @Test func theApplicationRoleSeesNothingOutsideAContext() async throws {
    try await PolicyFixture.with { policy in
      let (one, two) = (try await policy.makeTenant("One"), try await policy.makeTenant("Two"))
      for tenant in [one, two] {
        _ = try await tenant.session()
        _ = try await tenant.createIntegration()
        let server = try await tenant.createServer()
        try await tenant.store([Tenant.definition("search")], of: server.id)
        try await tenant.createCharm("charm-1", [.init(mcpServerId: server.id)])
      }
      try await withPostgresClient(policy.database.application) { client in
        let tables = try await client.read(
          """
          SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
          WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attname = 'organization_id'
          """
        ).map { try $0.get("relname", as: String.self) }
        #expect(Set(tables).isSuperset(of: ["organization", "member", "api_key", "session", "integration", "change"]))
        let servers = ["mcp_server", "mcp_tool", "charm", "charm_server"]
        #expect(Set(tables).isSuperset(of: servers))
        func counts(_ context: SessionContext?) async throws -> [Int] {
          let sql: SQL = """
            SELECT (SELECT count(*) FROM organization) + (SELECT count(*) FROM member) \
            + (SELECT count(*) FROM api_key) + (SELECT count(*) FROM session) + (SELECT count(*) FROM integration) + (SELECT count(*) FROM application) \
            + (SELECT count(*) FROM idempotent_call) + (SELECT count(*) FROM vault_task) + (SELECT count(*) FROM change) \
            + (SELECT count(*) FROM audit_entry) + (SELECT count(*) FROM mcp_server) + (SELECT count(*) FROM mcp_tool) \
            + (SELECT count(*) FROM charm) + (SELECT count(*) FROM charm_server) AS n
            """
          let rows = if let context { try await client.read(in: context, sql) } else { try await client.read(sql) }
          return try rows.map { try $0.get("n") }
        }
        #expect(try await counts(nil) == [0])
        let seen = try await client.read(
          in: .organization(one.id), "SELECT DISTINCT organization_id FROM integration"
        ).map { try $0.get("organization_id", as: String.self) }
        #expect(seen == [one.id.rawValue])
        let own = try await client.read(
          in: .organization(one.id),
          """
          SELECT organization_id FROM mcp_server UNION ALL SELECT organization_id FROM mcp_tool \
          UNION ALL SELECT organization_id FROM charm UNION ALL SELECT organization_id FROM charm_server
          """
        ).map { try $0.get("organization_id", as: String.self) }
        #expect(own == servers.map { _ in one.id.rawValue })
        // Knowing one hash shows one credential and nothing else.
        let hash = try #require(TokenHash(one.apiKey))
        let keys = try await client.read(in: .credential(hash), "SELECT api_key_id FROM api_key")
        #expect(try keys.map { try $0.get("api_key_id", as: String.self) } == [one.keyId.rawValue])
        #expect(try await client.read(in: .credential(hash), "SELECT 1 FROM member").isEmpty)
        await #expect(throws: PostgresError.self) {
          try await client.write(
            in: .organization(one.id),
            "INSERT INTO organization (organization_id, name) VALUES (\(two.id.rawValue + "x"), 'stolen')")
        }
        await #expect(throws: PostgresError.self) {
          try await client.write(in: .organization(one.id), "DELETE FROM audit_entry")
        }
      }
    }
  }

  @Test func theAuditChainsHold() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      _ = try await tenant.createIntegration()
      let session = try await tenant.session()
      for _ in 0..<20 {
        _ = try await tenant.authorize(
          AccessRequest(providerUrl: "https://github.com", application: .init(id: "app"), purposes: [.list]),
          as: session)
      }
      let chain = AuditChain.organization(tenant.id)
      let count = try await withPostgresClient(policy.database.application) { client in
        let report = try await AuditVerifier(client: client).verify(chain)
        #expect(report.isIntact)
        return report.entries
      }
      #expect(count >= 24)
    }
  }

  @Test func theServiceRefusesARoleWithTooManyRightsAndAnUnfinishedSchema() async throws {
    let database = try await PolicyDatabase.make()
    let unfinished = try await PolicyDatabase.make(migrated: false)
    // A role of its own, with the password of the others: the other tests' service is the application role.
    let bypassing = "\(database.name)_bypassing"
    try database.superuser("CREATE ROLE \(bypassing) LOGIN PASSWORD 'policy' BYPASSRLS IN ROLE policy_app")
    for (url, expected) in [
      (database.ownerURL, "owns table"),
      (database.server.superuserURL.replacing("/postgres?", with: "/\(database.name)?"), "superuser"),
      (database.applicationURL.replacing("//policy_app:", with: "//\(bypassing):"), "bypasses row-level security"),
      (unfinished.applicationURL, "migrations are not applied"),
    ] {
      var variables = PolicyFixture.variables(database)
      variables["LANYARD_DATABASE_URL"] = url
      do {
        try await RunningService.with(PolicyApplication.self, variables: variables) { _ in }
        Issue.record("it started as \(expected)")
      } catch let error as ConfigurationError {
        #expect(error.description.contains(expected))
      }
    }
    try database.superuser("DROP ROLE \(bypassing)")
  }
}
