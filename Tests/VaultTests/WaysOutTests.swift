import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// Audit before release: what leaves the vault is on record before it leaves, by whichever way.
@Suite struct WaysOutTests {
  /// One of the ways, for a person of its own.
  private struct Way: Sendable {
    let organization: OrganizationID
    /// What stands on record about a release by it.
    let action: VaultAction
    /// How it ends where nothing can be recorded; nil for an answer with nothing in it.
    let refusal: ErrorCode?
    let secret: String
    /// What comes out.
    let take: @Sendable () async throws -> String?
  }

  private func resolution(_ vault: VaultUnderTest) async throws -> Way {
    let ada = Person()
    _ = try await ada.connect(vault, tokens: ada.tokens("access-out"))
    return Way(organization: ada.organization, action: .tokenReleased, refusal: .unavailable, secret: "access-out") {
      try await ada.resolve(vault).accessToken?.text
    }
  }

  private func refreshLease(_ vault: VaultUnderTest) async throws -> Way {
    let ada = Person()
    let id = try await ada.connect(vault, tokens: ada.tokens(refresh: "refresh-out", lifetime: -1)).id
    return Way(organization: ada.organization, action: .refreshBegun, refusal: .internalError, secret: "refresh-out") {
      try await ada.beginRefresh(id, vault).lease?.refreshToken?.text
    }
  }

  private func clientSecret(_ vault: VaultUnderTest) async throws -> Way {
    let ada = Person()
    _ = try await ada.putSecret("secret-out", vault)
    return Way(organization: ada.organization, action: .secretReleased, refusal: .unavailable, secret: "secret-out") {
      try await vault.exchanger.call(
        SecretEndpoints.releaseClientSecret, Reference(id: ada.integration), grant: try ada.grant([.verify], vault)
      ).clientSecret?.text
    }
  }

  private func staticToken(_ vault: VaultUnderTest) async throws -> Way {
    let server = MCPServerID.random()
    let ada = Person(
      scope: ConnectionScope(applicationType: .mcpServer, applicationId: server.rawValue, appId: server.rawValue))
    _ = try await vault.policy.call(
      SecretEndpoints.put,
      PutSecret(kind: .staticToken, ownerId: server.rawValue, value: WireSecret("static-out"), expiresAt: nil),
      grant: try ada.grant([.writeSecret], vault, presenters: [.policy]))
    return Way(
      organization: ada.organization, action: .staticTokenReleased, refusal: .unavailable, secret: "static-out"
    ) {
      try await vault.gateway.call(
        SecretEndpoints.releaseStaticToken, Reference(id: server), grant: try ada.grant([.useStaticToken], vault)
      ).token.text
    }
  }

  private func authorization(_ vault: VaultUnderTest) async throws -> Way {
    let ada = Person()
    _ = try await ada.putSecret("secret", vault)
    let flow = try await ada.createFlow(vault).id
    let claim = try await ada.begin(flow, vault, verifier: "verifier-out")
    _ = try await vault.exchanger.call(FlowEndpoints.claimAuthorization, claim)
    return Way(organization: ada.organization, action: .flowReleased, refusal: .internalError, secret: "verifier-out") {
      try await vault.exchanger.call(
        FlowEndpoints.releaseAuthorization, Reference(id: flow), grant: try ada.grant([.authorize], vault, flow: flow)
      ).transaction.codeVerifier?.text
    }
  }

  private func revocation(_ vault: VaultUnderTest) async throws -> Way {
    let ada = Person()
    let id = try await ada.connect(vault, tokens: ada.tokens(refresh: "revoked-out")).id
    _ = try await vault.gateway.call(
      ConnectionEndpoints.revoke, Reference(id: id), grant: try ada.grant([.revoke], vault))
    return Way(organization: ada.organization, action: .revocationClaimed, refusal: nil, secret: "revoked-out") {
      try await vault.exchanger.call(
        RevocationEndpoints.claim, ClaimRevocations(limit: 10, waitSeconds: 0)
      ).first?.refreshToken?.text
    }
  }

  private func outcome(_ way: Way) async throws -> (secret: String?, refusal: ErrorCode?) {
    do {
      return (try await way.take(), nil)
    } catch let error as ServiceError {
      return (nil, error.code)
    }
  }

  /// Everything that a release changes or records, but for the time at which something is looked at again.
  private func state(_ vault: VaultUnderTest) throws -> String {
    let tables = [
      "connection", "refresh_attempt", "flow", "flow_locator", "revocation", "revocation_task", "organization_secret",
      "audit_head", "audit_entry",
    ]
    return try tables.map { table in
      try vault.sql(
        """
        SELECT '\(table)', string_agg(line, ', ' ORDER BY line)
        FROM (SELECT (to_jsonb(t) - ARRAY['due_at', 'last_used_at'])::text AS line FROM \(table) AS t) AS lines
        """)
    }.joined(separator: "\n")
  }

  @Test func nothingLeavesByAnyWayWithoutItsAuditRow() async throws {
    try await VaultUnderTest.with { vault in
      let ways = [
        try await resolution(vault), try await refreshLease(vault), try await clientSecret(vault),
        try await staticToken(vault), try await authorization(vault), try await revocation(vault),
      ]
      let before = try state(vault)
      _ = try vault.sql("REVOKE INSERT ON audit_entry FROM vault_app")
      var released = 0
      for way in ways {
        let (secret, refusal) = try await outcome(way)
        if secret != nil { released += 1 }
        #expect(refusal == way.refusal, "\(way.action)")
      }
      print("figure: \(ways.count) ways out of the vault, \(released) released without a row")
      #expect(released == 0)
      #expect(try state(vault) == before, "what could not be recorded was not done")

      // The claim has put its task off, out of the way of others.
      _ = try vault.sql(
        """
        GRANT INSERT ON audit_entry TO vault_app;
        UPDATE revocation_task SET due_at = now();
        UPDATE due_work SET due_at = now() WHERE kind = 'revocation';
        """)
      for way in ways {
        #expect(try await way.take() == way.secret, "\(way.action)")
        let rows = try vault.sql(
          """
          SELECT count(*) FROM audit_entry
          WHERE organization_id = '\(way.organization)' AND action = '\(way.action.rawValue)'
          """)
        #expect(rows == "1", "\(way.action)")
      }
    }
  }

  /// The second door to a lease, for which nobody asks.
  @Test func whatIsDueLeavesNoOtherWay() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let id = try await ada.connect(vault, tokens: ada.tokens(refresh: "due-out")).id
      let comeDue = "UPDATE connection SET last_used_at = now(); UPDATE due_refresh SET due_at = now();"
      _ = try vault.sql("\(comeDue) REVOKE INSERT ON audit_entry FROM vault_app")
      let before = try state(vault)
      let claim = ClaimRefreshes(limit: 50, waitSeconds: 0)
      #expect(try await vault.exchanger.call(RefreshEndpoints.claim, claim).isEmpty)
      #expect(try state(vault) == before)
      _ = try vault.sql("\(comeDue) GRANT INSERT ON audit_entry TO vault_app")
      let due = try await vault.exchanger.call(RefreshEndpoints.claim, claim)
      #expect(due.map(\.connectionId) == [id])
      #expect(due.first?.lease.refreshToken?.text == "due-out")
    }
  }
}
