import Audit
import Foundation
import Logging
import Model
import PostgreSQL
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

@Suite struct IsolationTests {
  @Test func twoOrganizationsAndTwoUsersDoNotSeeEachOther() async throws {
    try await VaultUnderTest.with { vault in
      let first = Person()
      var second = first
      second.user = .random()
      var third = first
      third.organization = .random()
      var fourth = second
      fourth.organization = third.organization
      let people = [first, second, third, fourth]
      var connections: [ConnectionID] = []
      for (number, person) in people.enumerated() {
        // The same account, Integration, scope and user ids everywhere: only the fences keep them apart.
        let tokens = person.tokens("token-\(number)")
        connections.append(try await person.connect(vault, account: "same", tokens: tokens).id)
      }
      var refused = 0
      for (reader, person) in people.enumerated() {
        #expect(try await person.resolve(vault).accessToken?.text == "token-\(reader)")
        let page = try await vault.gateway.call(
          ConnectionEndpoints.list, ListConnections(), grant: try person.grant([.list], vault))
        #expect(page.items.map(\.id) == [connections[reader]])
        let administered = try await vault.gateway.call(
          ConnectionEndpoints.list, ListConnections(), grant: try person.administer(vault))
        #expect(Set(administered.items.map(\.id)) == Set(connections[(reader / 2 * 2)..<(reader / 2 * 2 + 2)]))
        for owner in people.indices where owner != reader {
          let id = connections[owner]
          let calls: [@Sendable () async throws -> Void] = [
            { _ = try await person.resolve(vault, ResolveConnection(connectionId: id, waitSeconds: 0)) },
            { _ = try await person.beginRefresh(id, vault) },
            {
              _ = try await vault.gateway.call(
                ConnectionEndpoints.show, Reference(id: id), grant: try person.grant([.list], vault))
            },
            {
              _ = try await vault.gateway.call(
                ConnectionEndpoints.change, Targeted(id, .pause), grant: try person.grant([.manage], vault))
            },
            {
              _ = try await vault.gateway.call(
                ConnectionEndpoints.revoke, Reference(id: id), grant: try person.grant([.revoke], vault))
            },
          ]
          for call in calls where await code(of: call) == .connectionNotFound { refused += 1 }
        }
      }
      print("figure: 2 organizations x 2 users: \(refused) of 60 calls for another one's Connection refused")
      #expect(refused == 60)
    }
  }

  @Test func theDatabaseItselfFencesOrganizations() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.putSecret("s", vault)
      let id = try await ada.connect(vault).id
      _ = try await vault.gateway.call(
        ConnectionEndpoints.revoke, Reference(id: id), grant: try ada.grant([.revoke], vault))
      _ = try await ada.connect(vault)
      let tables = try vault.sql(
        """
        SELECT string_agg(c.relname, ',' ORDER BY c.relname) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE a.attname = 'organization_id' AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
        """
      ).split(separator: ",").map(String.init)
      #expect(tables.count >= 11)
      let readAcross: Set<String> = ["flow_locator", "due_work"]
      for role in [vault.storage.database.applicationRole, vault.storage.database.ownerRole] {
        // An operator at the command line verifies every chain, and puts wrapped keys under another root key, as the owner.
        let operated =
          role == vault.storage.database.ownerRole
          ? ["audit_entry", "audit_head", "audit_start", "key_rotation", "key_rotation_ended", "organization_key"] : []
        for table in tables where !readAcross.contains(table) && !operated.contains(table) {
          for setting in ["", OrganizationID.random().rawValue] {
            let count = try vault.sql(
              """
              SET ROLE \(role);
              SELECT 'x' FROM set_config('lanyard.organization', '\(setting)', false) LIMIT 0;
              SELECT count(*) FROM \(table);
              """)
            #expect(count == "0", "\(table) as \(role)")
          }
        }
      }
      for table in readAcross {
        let columns = try vault.sql(
          "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '\(table)'::regclass AND attnum > 0"
        )
        #expect(["flow_id,organization_id,state_hash", "organization_id,kind,record_id,due_at"].contains(columns))
      }
    }
  }

  @Test func theAuditTrailVerifiesAndCannotBeChangedByTheService() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.connect(vault)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<100 { group.addTask { _ = try await ada.resolve(vault) } }
        try await group.waitForAll()
      }
      let organization = ada.organization
      try await withPostgresClient(vault.storage.database.application) { client in
        let report = try await AuditVerifier(client: client).verify(.organization(organization))
        #expect(report.findings.isEmpty)
        #expect(report.entries >= 105)
      }
      let role = vault.storage.database.applicationRole
      for change in ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"] {
        #expect(throws: (any Error).self) { try vault.sql("SET ROLE \(role); \(change);") }
      }
    }
  }

  @Test func everyActionIsNamedLikeTheOthers() {
    for action in VaultAction.allCases {
      let parts = action.rawValue.split(separator: ".")
      #expect(parts.count >= 2)
      #expect(action.rawValue.allSatisfy { $0 == "." || ($0.isLetter && $0.isLowercase) })
    }
  }
}
