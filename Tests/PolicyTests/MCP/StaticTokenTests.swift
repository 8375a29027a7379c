import Foundation
import Model
import ServiceKit
import ServiceTokens
import TestSupport
import Testing

@testable import PolicyKit

/// A static token goes to the vault and nowhere else, and goes away with its server.
@Suite("Static tokens")
struct StaticTokenTests {
  private func rotate(_ token: String) -> UpdateMCPServer {
    UpdateMCPServer(auth: MCPServerAuthInput(type: .staticToken, token: WireSecret(token)))
  }

  @Test func theVaultGetsItAndNothingElseHasIt() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let made = try await tenant.createServer(auth: Tenant.staticToken)
      try await tenant.update(made.id, rotate("canary-static-token-2"))
      let puts = try policy.vault.received(SecretEndpoints.put)
      #expect(puts.map { $0.value.secret.expose { $0 } } == ["canary-static-token-1", "canary-static-token-2"])
      #expect(puts.allSatisfy { $0.kind == .staticToken && $0.ownerId == made.id.rawValue })
      for token in policy.vault.grants(SecretEndpoints.put.path) {
        let grant = try policy.service.keys.credentials(of: .vault).grants.verify(token, presentedBy: .policy)
        #expect(grant.purposes == [.writeSecret] && grant.presenters == [.policy] && grant.integrationIds == [])
        #expect(grant.scope == .server(made.id) && grant.organizationId == tenant.id)
      }
      _ = await refusal { try await tenant.createServer("", auth: Tenant.staticToken) }
      let dump = try policy.database.dump()
      #expect(dump.contains("mcp_server") && dump.contains(made.id.rawValue), "the dump holds the rows")
      let answers = [
        String(decoding: try WireJSON.encode(try await tenant.show(made.id)), as: UTF8.self),
        String(decoding: try WireJSON.encode(try await tenant.access(made.id, as: tenant.session())), as: UTF8.self),
      ]
      for place in [dump, policy.log.text] + answers { #expect(!place.contains("canary-static-token")) }
      #expect(try policy.database.superuser("SELECT count(*) FROM vault_task") == "0\n", "no destruction is left over")
    }
  }

  @Test func aTokenWhoseServerIsNotStoredIsDestroyed() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let missing = MCPServerAuthInput(type: .staticToken, token: WireSecret("t"))
      try policy.database.superuser("ALTER TABLE mcp_server ADD CONSTRAINT test CHECK (name <> 'Doomed')")
      #expect(await refusal { try await tenant.createServer("Doomed", auth: missing) } != nil)
      let put = try #require(try policy.vault.received(SecretEndpoints.put).first)
      #expect(try policy.vault.received(SecretEndpoints.delete).map(\.ownerId) == [put.ownerId])
      // The same where a server gets its first token by a change.
      let plain = try await tenant.createServer("Plain")
      try policy.database.superuser("ALTER TABLE mcp_server ADD CONSTRAINT plain CHECK (auth_type = 'none') NOT VALID")
      #expect(await refusal { try await tenant.update(plain.id, rotate("t2")) } != nil)
      #expect(try policy.vault.received(SecretEndpoints.delete).map(\.ownerId).last == plain.id.rawValue)
      #expect(try policy.database.superuser("SELECT count(*) FROM vault_task") == "0\n")
    }
  }

  @Test func aRotationThatFailsDoesNotDestroyTheTokenInUse() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let made = try await tenant.createServer(auth: Tenant.staticToken)
      policy.vaultStub.fail(SecretEndpoints.put.path, with: ServiceError(.unavailable, "away"))
      #expect(await refusal { try await tenant.update(made.id, rotate("t2")) } == .unavailable)
      #expect(try policy.vault.received(SecretEndpoints.delete).isEmpty)
      #expect(try policy.database.superuser("SELECT count(*) FROM vault_task") == "0\n")
    }
  }

  @Test func anotherAuthenticationOrTheEndOfTheServerDestroysIt() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let changed = try await tenant.createServer("Changed", auth: Tenant.staticToken)
      let kept = try await tenant.createServer("Kept", auth: Tenant.staticToken)
      let deleted = try await tenant.createServer("Deleted", auth: Tenant.staticToken)
      try await tenant.update(changed.id, UpdateMCPServer(auth: MCPServerAuthInput(type: .none)))
      try await tenant.update(
        kept.id, UpdateMCPServer(name: "Kept on", auth: MCPServerAuthInput(type: .staticToken, header: "X-Key")))
      #expect(try await tenant.show(kept.id).auth.header == "X-Key")
      policy.vaultStub.fail(SecretEndpoints.delete.path, with: ServiceError(.unavailable, "away"))
      try await tenant.delete(deleted.id)
      #expect(
        try policy.vault.received(SecretEndpoints.delete).map(\.ownerId) == [changed.id, deleted.id].map(\.rawValue))
      #expect(
        try policy.database.superuser("SELECT kind, subject FROM vault_task")
          == "destroyStaticToken|\(deleted.id.rawValue)\n", "what the vault could not be told stays on record")
    }
  }
}
