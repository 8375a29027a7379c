import Audit
import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

/// Tool calls as the gateway tells of them.
@Suite("Trail of tool calls")
struct ToolCallTrailTests {
  private static let server = MCPServerID.random()

  private static func call(
    _ tool: String = "echo", user: UserID? = nil, outcome: AuditEntry.Outcome = .succeeded, reason: String? = nil
  ) -> ToolCallRecord {
    ToolCallRecord(
      occurredAt: Date(timeIntervalSince1970: 1_800_000_000), actor: Actor(kind: .charm, id: "postman"), userId: user,
      application: nil, mcpServerId: server, tool: tool, outcome: outcome, reason: reason, durationMilliseconds: 12,
      requestId: "req_1")
  }

  private func record(_ policy: PolicyFixture, _ tenant: Tenant, _ calls: [ToolCallRecord]) async throws {
    _ = try await policy.gateway.call(
      AuditEndpoints.recordToolCalls, RecordToolCalls(organizationId: tenant.id, calls: calls))
  }

  private func list(_ policy: PolicyFixture, _ tenant: Tenant, limit: Int = 100) async throws -> [AuditRecord] {
    let query = AuditQuery(filter: AuditFilter(action: "mcp-server.tool.called"), before: nil, limit: limit)
    return try await policy.gateway.call(AuditEndpoints.listPolicy, OnBehalf(tenant.apiKey, query)).items
  }

  @Test func aCallIsInTheChainWithWhoWhatAndHow() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let user = UserID.random()
      let refused = Self.call("delete", user: user, outcome: .refused, reason: "server-ceiling")
      try await record(policy, tenant, [Self.call(), refused])
      let entries = try await list(policy, tenant)
      #expect(entries.map { $0.details["tool"] } == ["delete", "echo"], "newest first")
      let entry = try #require(entries.first)
      #expect(entry.id == refused.id && entry.occurredAt == refused.occurredAt && entry.caller == "gateway")
      #expect(entry.actor.kind == "charm" && entry.actor.id == "postman" && entry.charmId == "postman")
      #expect(entry.userId == user.rawValue && entry.requestId == "req_1" && entry.outcome == "refused")
      #expect(entry.target?.kind == "mcp-server" && entry.target?.id == Self.server.rawValue)
      #expect(entry.details == ["tool": "delete", "durationMs": "12", "reason": "server-ceiling"])
      try await withPostgresClient(policy.database.application) { client in
        let report = try await AuditVerifier(client: client).verify(.organization(tenant.id))
        #expect(report.isIntact && report.entries >= 4)
      }
    }
  }

  /// One call that cannot be said in full must not keep the others, or itself, from the record.
  @Test func aCallIsOnRecordWhateverItWasCalled() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let long = String(repeating: "🦉", count: 3_000)
      var strange = Self.call("strange")
      strange.actor = Actor(kind: .application, id: long)
      strange.application = ConnectionScope(applicationType: .application, applicationId: long, appId: "a\u{0}b")
      strange.reason = long
      try await record(policy, tenant, [Self.call("before"), strange, Self.call("after")])
      let entries = try await list(policy, tenant)
      #expect(Set(entries.map { $0.details["tool"] }) == ["before", "strange", "after"])
      let entry = try #require(entries.first { $0.details["tool"] == "strange" })
      #expect(entry.applicationId == String(repeating: "🦉", count: 256), "as much as there is room for")
      #expect(entry.appId == "a\u{FFFD}b")
    }
  }

  @Test(.timeLimit(.minutes(3))) func whatIsToldTwiceIsRecordedOnce() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let calls = (0..<50).map { Self.call("tool-\($0)") }
      try await withThrowingTaskGroup(of: Void.self) { group in
        // As a gateway does whose answers are lost, one after the other and at once.
        for _ in 0..<8 { group.addTask { try await record(policy, tenant, calls) } }
        try await group.waitForAll()
      }
      try await record(policy, tenant, calls + [Self.call("one-more")])
      let entries = try await list(policy, tenant)
      #expect(entries.count == 51)
      print("figure: 50 calls told 9 times, 8 of them at once, \(entries.count - 1) on record")
    }
  }

  @Test func aStrangeOrganizationOrCallIsRefusedAndLeavesNothing() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      func refusal(_ organization: OrganizationID, _ calls: [ToolCallRecord]) async -> ErrorCode? {
        await PolicyTests.refusal {
          try await policy.gateway.call(
            AuditEndpoints.recordToolCalls, RecordToolCalls(organizationId: organization, calls: calls))
        }
      }
      let stranger = OrganizationID.random()
      #expect(await refusal(stranger, [Self.call()]) == .notFound)
      #expect(await refusal(tenant.id, []) == .invalidRequest)
      let many = Array(repeating: Self.call(), count: RecordToolCalls.maximumCount + 1)
      #expect(await refusal(tenant.id, many) == .invalidRequest)
      let heads = try policy.database.superuser(
        "SELECT count(*) FROM audit_head WHERE organization_id = '\(stranger.rawValue)'")
      #expect(heads.trimmingCharacters(in: .whitespacesAndNewlines) == "0")
      #expect(try await list(policy, tenant).isEmpty)
      await #expect(throws: ServiceError.self) {
        _ = try await policy.exchanger.call(
          AuditEndpoints.recordToolCalls, RecordToolCalls(organizationId: tenant.id, calls: [Self.call()]))
      }
    }
  }
}
