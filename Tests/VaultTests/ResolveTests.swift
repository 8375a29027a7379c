import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

@Suite struct ResolveTests {
  @Test func aLiveTokenIsHandedOutAndRecorded() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let connection = try await ada.connect(vault, tokens: ada.tokens("access-live"))
      let answer = try await ada.resolve(vault)
      #expect(answer.outcome == .ready)
      #expect(answer.accessToken?.text == "access-live")
      #expect(answer.connection?.id == connection.id)
      #expect(answer.connection?.scopes == ["mail.read", "openid"], "what was asked for counts as granted")
      let rows = try vault.sql(
        "SELECT count(*) FROM audit_entry WHERE action = 'connection.token.released' AND target_id = '\(connection.id)'"
      )
      #expect(rows == "1")
      let uses = try await vault.gateway.call(
        ConnectionEndpoints.uses, Targeted(connection.id, PageRequest(limit: 1)), grant: try ada.grant([.list], vault))
      #expect(uses.items.map(\.action) == ["connection.token.released"])
      let older = try await vault.gateway.call(
        ConnectionEndpoints.uses, Targeted(connection.id, PageRequest(limit: 50, cursor: uses.nextCursor)),
        grant: try ada.grant([.list], vault))
      #expect(older.items.map(\.action) == ["connection.created"])
    }
  }

  @Test func selectionFollowsTheBrowserApi() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      #expect(try await ada.resolve(vault).outcome == .none)
      let first = try await ada.connect(vault, account: "first")
      #expect(try await ada.resolve(vault).connection?.id == first.id)
      let second = try await ada.connect(vault, account: "second")
      let several = try await ada.resolve(vault)
      #expect(several.outcome == .selectAccount)
      #expect(several.choices?.map(\.id) == [first.id, second.id])
      let preferred = try await ada.resolve(
        vault, ResolveConnection(preferredConnectionId: second.id, waitSeconds: 0))
      #expect(preferred.connection?.id == second.id)
      let exact = try await ada.resolve(vault, ResolveConnection(connectionId: first.id, waitSeconds: 0))
      #expect(exact.connection?.id == first.id)

      let changed = try await vault.gateway.call(
        ConnectionEndpoints.change, Targeted(second.id, .makeDefault), grant: try ada.grant([.manage], vault))
      #expect(changed.isDefault)
      #expect(try await ada.resolve(vault).connection?.id == second.id)
      _ = try await vault.gateway.call(
        ConnectionEndpoints.change, Targeted(first.id, .makeDefault), grant: try ada.grant([.manage], vault))
      #expect(try await ada.resolve(vault).connection?.id == first.id, "one default at a time")
      let asked = try await ada.resolve(vault, ResolveConnection(prompt: .selectAccount, waitSeconds: 0))
      #expect(asked.outcome == .selectAccount)
    }
  }

  @Test func integrationsOfOneProviderCountTogether() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      var other = ada
      other.integration = .random()
      let first = try await ada.connect(vault)
      let second = try await other.connect(vault)
      let grant = try vault.keys.grant(
        organizationId: ada.organization, userId: ada.user, purposes: [.release],
        integrationIds: [ada.integration, other.integration], scope: ada.scope)
      let answer = try await vault.gateway.call(
        ConnectionEndpoints.resolve, ResolveConnection(waitSeconds: 0), grant: grant)
      #expect(answer.choices?.map(\.id) == [first.id, second.id])
      #expect(try await ada.resolve(vault).connection?.id == first.id)
    }
  }

  @Test func scopesMustBeCovered() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.connect(vault, tokens: ada.tokens(scopes: ["mail.read"]))
      let covered = try await ada.resolve(vault, ResolveConnection(scopes: ["mail.read"], waitSeconds: 0))
      #expect(covered.outcome == .ready)
      let short = try await ada.resolve(vault, ResolveConnection(scopes: ["mail.read", "mail.send"], waitSeconds: 0))
      #expect(short.outcome == .insufficientScope)
      #expect(short.accessToken == nil)
    }
  }

  @Test func aPausedAccountIsNotUsed() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let connection = try await ada.connect(vault)
      let paused = try await vault.gateway.call(
        ConnectionEndpoints.change, Targeted(connection.id, .pause), grant: try ada.grant([.manage], vault))
      #expect(paused.status == .paused)
      #expect(await code { try await ada.resolve(vault) } == .accessDenied)
      #expect(try await ada.beginRefresh(connection.id, vault).state == .impossible)
      let resumed = try await vault.gateway.call(
        ConnectionEndpoints.change, Targeted(connection.id, .resume), grant: try ada.grant([.manage], vault))
      #expect(resumed.status == .active)
      #expect(try await ada.resolve(vault).outcome == .ready)
    }
  }

  @Test func aTokenWithoutAnEndIsNeverRefreshed() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let connection = try await ada.connect(vault, tokens: ada.tokens(lifetime: nil))
      #expect(try await ada.resolve(vault).outcome == .ready)
      #expect(try await ada.beginRefresh(connection.id, vault, force: false).state == .notDue)
    }
  }

  @Test func anEndedTokenWithoutRefreshTokenNeedsItsPerson() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let connection = try await ada.connect(vault, tokens: ada.tokens(refresh: nil, lifetime: -1))
      let answer = try await ada.resolve(vault)
      #expect(answer.outcome == .reauthorizationRequired)
      #expect(answer.connection?.reason == "expired_without_refresh_token")
      let lease = try await ada.beginRefresh(connection.id, vault)
      #expect(lease.state == .impossible)
      #expect(lease.reason == "no_refresh_token")
    }
  }

  @Test func lastUseIsWrittenLater() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let connection = try await ada.connect(vault)
      #expect(connection.lastUsedAt == nil)
      _ = try await ada.resolve(vault)
      // Written within five seconds, off the path of the caller.
      let isWritten = try await comesTrue {
        let shown = try await vault.gateway.call(
          ConnectionEndpoints.show, Reference(id: connection.id), grant: try ada.grant([.list], vault))
        return shown.lastUsedAt != nil
      }
      #expect(isWritten)
    }
  }

  @Test(arguments: [-1, 26]) func waitsAreBounded(seconds: Int) async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      #expect(
        await code { try await ada.resolve(vault, ResolveConnection(waitSeconds: seconds)) } == .invalidRequest)
    }
  }

  @Test func listsAreInPagesAndNarrowed() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      var made: [ConnectionID] = []
      for account in 0..<5 { made.append(try await ada.connect(vault, account: "a\(account)").id) }
      var seen: [ConnectionID] = []
      var cursor: String?
      repeat {
        let page = try await vault.gateway.call(
          ConnectionEndpoints.list, ListConnections(page: PageRequest(limit: 2, cursor: cursor)),
          grant: try ada.grant([.list], vault))
        seen += page.items.map(\.id)
        cursor = page.nextCursor
      } while cursor != nil
      #expect(seen == made.reversed())
      let none = try await vault.gateway.call(
        ConnectionEndpoints.list, ListConnections(status: .revoked), grant: try ada.grant([.list], vault))
      #expect(none.items.isEmpty)
      for bad in ["x", "1", "-5.con_x", "99999999999999999999.con_x"] {
        let request = ListConnections(page: PageRequest(cursor: bad))
        #expect(
          await code {
            try await vault.gateway.call(ConnectionEndpoints.list, request, grant: try ada.grant([.list], vault))
          } == .invalidRequest)
      }
    }
  }
}
