import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

@Suite struct SecretTests {
  private func release(_ person: Person, _ vault: VaultUnderTest) async throws -> ReleasedClientSecret {
    try await vault.exchanger.call(
      SecretEndpoints.releaseClientSecret, Reference(id: person.integration),
      grant: try person.grant([.verify], vault))
  }

  @Test func secretsHaveVersionsAndTheNewestIsUsed() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      #expect(try await release(ada, vault).clientSecret == nil)
      for number in 1...4 {
        #expect(try await ada.putSecret("secret-\(number)", vault).version == Int64(number))
      }
      #expect(try await release(ada, vault).clientSecret?.text == "secret-4")
      #expect(try vault.sql("SELECT string_agg(version::text, ',' ORDER BY version) FROM organization_secret") == "3,4")
      let delete = DeleteSecret(kind: .clientSecret, ownerId: ada.integration.rawValue)
      _ = try await vault.policy.call(SecretEndpoints.delete, delete, grant: try ada.writeSecretGrant(vault))
      #expect(try await release(ada, vault).clientSecret == nil)
    }
  }

  @Test func concurrentWritesGetVersionsOfTheirOwn() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let versions = try await withThrowingTaskGroup(of: Int64.self) { group in
        for number in 0..<10 { group.addTask { try await ada.putSecret("s\(number)", vault).version } }
        return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
      }
      #expect(versions == Set(1...10))
    }
  }

  @Test func aWriteGrantIsGoodOnce() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let grant = try ada.writeSecretGrant(vault)
      let put = PutSecret(
        kind: .clientSecret, ownerId: ada.integration.rawValue, value: WireSecret("once"), expiresAt: nil)
      _ = try await vault.policy.call(SecretEndpoints.put, put, grant: grant)
      #expect(await code { try await vault.policy.call(SecretEndpoints.put, put, grant: grant) } == .grantRefused)
      let delete = DeleteSecret(kind: .clientSecret, ownerId: ada.integration.rawValue)
      #expect(
        await code { try await vault.policy.call(SecretEndpoints.delete, delete, grant: grant) } == .grantRefused)
      #expect(try vault.sql("SELECT count(*) FROM organization_secret") == "1")
    }
  }

  @Test func ownersMustFitTheKind() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let wrong = [
        PutSecret(kind: .clientSecret, ownerId: "mcp_x", value: WireSecret("s"), expiresAt: nil),
        PutSecret(kind: .staticToken, ownerId: "int_x", value: WireSecret("s"), expiresAt: nil),
        PutSecret(kind: .staticToken, ownerId: "mcp_\u{0}", value: WireSecret("s"), expiresAt: nil),
      ]
      for put in wrong {
        #expect(
          await code { try await vault.policy.call(SecretEndpoints.put, put, grant: try ada.writeSecretGrant(vault)) }
            == .invalidRequest)
      }
      // A grant that names no MCP server reaches no static token.
      let token = PutSecret(kind: .staticToken, ownerId: "mcp_x", value: WireSecret("s"), expiresAt: nil)
      #expect(
        await code { try await vault.policy.call(SecretEndpoints.put, token, grant: try ada.writeSecretGrant(vault)) }
          == .grantRefused)
    }
  }
}
