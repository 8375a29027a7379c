import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

@Suite("The audit trail for owners")
struct AuditTrailTests {
  private func list(
    _ tenant: Tenant, _ filter: AuditFilter = AuditFilter(), before: Int64? = nil, limit: Int = 200
  ) async throws -> [AuditRecord] {
    try await tenant.policy.gateway.call(
      AuditEndpoints.listPolicy, OnBehalf(tenant.apiKey, AuditQuery(filter: filter, before: before, limit: limit))
    ).items
  }

  @Test func conditionsNarrowAndPagesFollowEachOther() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      for _ in 0..<3 { _ = try await tenant.createIntegration() }
      _ = try await tenant.session("alice")
      let all = try await list(tenant)
      #expect(all.map(\.sequence) == (1...Int64(all.count)).reversed())
      #expect(all.allSatisfy { $0.service == .policy && $0.hash.count == 64 })
      let first = try await list(tenant, limit: 2)
      #expect(try await list(tenant, before: first.last?.sequence, limit: 2).map(\.id) == all[2..<4].map(\.id))
      let made = try await list(tenant, AuditFilter(action: "integration.created"))
      #expect(made.count == 3)
      #expect(try await list(tenant, AuditFilter(action: "integration.*")).count == 3)
      #expect(try await list(tenant, AuditFilter(action: "integration")).isEmpty)
      #expect(try await list(tenant, AuditFilter(target: made[0].target?.id)).map(\.id) == [made[0].id])
      #expect(try await list(tenant, AuditFilter(actor: tenant.keyId.rawValue)).count >= 4)
      #expect(try await list(tenant, AuditFilter(actor: "hostPlatform")).count >= 4)
      #expect(try await list(tenant, AuditFilter(actor: "x' OR true --")).isEmpty)
      #expect(try await list(tenant, AuditFilter(from: Date() + 60)).isEmpty)
      #expect(try await list(tenant, AuditFilter(to: Date() + 60)).count == all.count)
      for limit in [0, -1, 201] { #expect(await refusal { try await list(tenant, limit: limit) } == .invalidRequest) }
    }
  }

  @Test func membersAndCharmsDoNotReadItAndTheAttemptIsInIt() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let query = AuditQuery(filter: AuditFilter(), before: nil, limit: 10)
      for credential in [
        try await tenant.session("alice"), try await tenant.session("bob", role: .owner, charmId: "charm-1"),
      ] {
        #expect(
          await refusal { try await policy.gateway.call(AuditEndpoints.listPolicy, OnBehalf(credential, query)) }
            == .forbidden)
        let next = AuditExportQuery(from: nil, to: nil, after: 0)
        #expect(
          await refusal { try await policy.gateway.call(AuditEndpoints.exportPolicy, OnBehalf(credential, next)) }
            == .forbidden)
        let begin = BeginAuditExport(from: nil, to: nil)
        #expect(
          await refusal { try await policy.gateway.call(AuditEndpoints.beginExport, OnBehalf(credential, begin)) }
            == .forbidden)
      }
      #expect(try await list(tenant, AuditFilter(action: "configuration.refused")).count == 6)
      #expect(try await list(tenant, AuditFilter(action: "audit.exported")).isEmpty)
    }
  }

  @Test func organizationsSeeTheirOwnOnly() async throws {
    try await PolicyFixture.with { policy in
      let (one, other) = (try await policy.makeTenant(), try await policy.makeTenant("Other"))
      let own = Set(try await list(one).map(\.id))
      let others = Set(try await list(other).map(\.id))
      #expect(!own.isEmpty && own.isDisjoint(with: others))
    }
  }
}
