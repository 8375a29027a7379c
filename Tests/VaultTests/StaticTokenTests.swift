import Foundation
import Model
import ServiceKit
import ServiceTokens
import TestSupport
import Testing

@testable import VaultKit

/// Static tokens of MCP servers leave the vault for the gateway alone, under a grant that names the server.
@Suite struct StaticTokenTests {
  private static let server = MCPServerID(rawValue: "mcp_1")

  private static func scope(_ server: MCPServerID) -> ConnectionScope {
    ConnectionScope(applicationType: .mcpServer, applicationId: server.rawValue, appId: server.rawValue)
  }

  private func grant(
    _ person: Person, _ purpose: Grant.Purpose, _ vault: VaultUnderTest,
    _ change: (inout Grant) -> Void = { _ in }
  ) throws -> SignedGrant {
    let now = Date()
    var grant = Grant(
      organizationId: person.organization, userId: person.user, actor: Actor(kind: .member), purposes: [purpose],
      integrationIds: [], scope: Self.scope(Self.server), presenters: [purpose == .writeSecret ? .policy : .gateway],
      issuedAt: now, expiresAt: now + 30)
    change(&grant)
    return try vault.keys.grantSigner.sign(grant)
  }

  private func put(_ text: String, _ person: Person, _ vault: VaultUnderTest) async throws {
    _ = try await vault.policy.call(
      SecretEndpoints.put,
      PutSecret(kind: .staticToken, ownerId: Self.server.rawValue, value: WireSecret(text), expiresAt: nil),
      grant: try grant(person, .writeSecret, vault))
  }

  private func release(_ grant: SignedGrant, _ vault: VaultUnderTest, of server: MCPServerID = server) async throws
    -> String
  {
    try await vault.gateway.call(SecretEndpoints.releaseStaticToken, Reference(id: server), grant: grant).token.text
  }

  @Test func theGatewayGetsTheNewestAndTheAuditSaysSo() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      #expect(await code { try await release(try grant(ada, .useStaticToken, vault), vault) } == .notFound)
      try await put("canary-token-1", ada, vault)
      try await put("canary-token-2", ada, vault)
      let right = try grant(ada, .useStaticToken, vault)
      #expect(try await release(right, vault) == "canary-token-2")
      #expect(try await release(right, vault) == "canary-token-2", "good for as long as it lives")
      let rows = try vault.sql(
        "SELECT count(*), min(target_id) FROM audit_entry WHERE action = 'secret.token.released' AND caller = 'gateway'"
      )
      #expect(rows == "2|mcp_1")
      let sealed = try vault.sql("SELECT string_agg(encode(sealed_value, 'escape'), ' ') FROM organization_secret")
      #expect(!sealed.contains("canary") && !vault.log.text.contains("canary"))
      _ = try await vault.policy.call(
        SecretEndpoints.delete, DeleteSecret(kind: .staticToken, ownerId: "mcp_1"),
        grant: try grant(ada, .writeSecret, vault))
      #expect(await code { try await release(right, vault) } == .notFound)
    }
  }

  @Test func aGrantThatDoesNotNameTheServerInEveryFieldIsRefused() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      try await put("canary-token-1", ada, vault)
      let other = MCPServerID(rawValue: "mcp_2")
      let wrong: [(String, (inout Grant) -> Void)] = [
        ("purpose", { $0.purposes = [.release, .list, .connect] }), ("verify", { $0.purposes = [.verify] }),
        ("administer", { $0.purposes = [.administer] }), ("no purpose", { $0.purposes = [] }),
        ("no scope", { $0.scope = nil }), ("other server", { $0.scope = Self.scope(other) }),
        ("Application", { $0.scope?.applicationType = .application }), ("appId", { $0.scope?.appId = "com.thief" }),
        ("presenter", { $0.presenters = [.exchanger] }),
        (
          "expired",
          {
            $0.issuedAt = Date(timeIntervalSinceNow: -60)
            $0.expiresAt = Date(timeIntervalSinceNow: -30)
          }
        ),
      ]
      for (name, change) in wrong {
        let signed = try grant(ada, .useStaticToken, vault, change)
        #expect(await code { try await release(signed, vault) } == .grantRefused, "\(name)")
      }
      let right = try grant(ada, .useStaticToken, vault)
      #expect(await code { try await release(right, vault, of: other) } == .grantRefused)
      #expect(
        await code { try await vault.gateway.call(SecretEndpoints.releaseStaticToken, Reference(id: Self.server)) }
          == .grantRefused)
      for stranger in [vault.exchanger, vault.policy] {
        #expect(
          await code {
            try await stranger.call(SecretEndpoints.releaseStaticToken, Reference(id: Self.server), grant: right)
          } == .forbidden)
      }
      // Another organization's server of the same id has another token, here none.
      let elsewhere = try grant(ada, .useStaticToken, vault) { $0.organizationId = .random() }
      #expect(await code { try await release(elsewhere, vault) } == .notFound)
      #expect(try vault.sql("SELECT count(*) FROM audit_entry WHERE action = 'secret.token.released'") == "0")
      #expect(try await release(right, vault) == "canary-token-1")
    }
  }

  @Test func writingNeedsAGrantThatNamesTheServerToo() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let put = PutSecret(kind: .staticToken, ownerId: "mcp_1", value: WireSecret("s"), expiresAt: nil)
      let empty = PutSecret(kind: .staticToken, ownerId: "mcp_1", value: WireSecret(""), expiresAt: nil)
      let other = try grant(ada, .writeSecret, vault) { $0.scope = Self.scope(MCPServerID(rawValue: "mcp_2")) }
      #expect(await code { try await vault.policy.call(SecretEndpoints.put, put, grant: other) } == .grantRefused)
      let using = try grant(ada, .useStaticToken, vault) { $0.presenters = [.policy] }
      #expect(await code { try await vault.policy.call(SecretEndpoints.put, put, grant: using) } == .grantRefused)
      let right = try grant(ada, .writeSecret, vault)
      #expect(await code { try await vault.policy.call(SecretEndpoints.put, empty, grant: right) } == .invalidRequest)
      _ = try await vault.policy.call(SecretEndpoints.put, put, grant: right)
    }
  }
}
