import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

@Suite struct SecrecyTests {
  @Test func aChangedRecordIsRefusedWithOneError() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.connect(vault)
      let length = try #require(Int(try vault.sql("SELECT length(sealed_tokens) FROM connection")))
      _ = try vault.sql("CREATE TABLE kept AS SELECT sealed_tokens FROM connection")
      var refused = 0
      var answers: Set<String> = []
      // Every byte of the record, one bit each: the format's own test covers every bit.
      for byte in 0..<length {
        _ = try vault.sql(
          """
          UPDATE connection SET sealed_tokens =
            (SELECT set_byte(sealed_tokens, \(byte), get_byte(sealed_tokens, \(byte)) # \(1 << (byte % 8))) FROM kept)
          """)
        do {
          _ = try await ada.resolve(vault)
        } catch let error as ServiceError {
          refused += 1
          answers.insert("\(error.code.rawValue) \(error.detail)")
        }
      }
      print("figure: \(length) changed bytes of a stored record: \(refused) refused, \(answers.count) kind of answer")
      #expect(refused == length)
      #expect(answers.count == 1)
      _ = try vault.sql("UPDATE connection SET sealed_tokens = (SELECT sealed_tokens FROM kept)")
      #expect(try await ada.resolve(vault).outcome == .ready)
    }
  }

  @Test func aRecordOpensOnlyInItsPlace() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      var bob = ada
      bob.user = .random()
      let mine = try await ada.connect(vault, tokens: ada.tokens("mine")).id
      let theirs = try await bob.connect(vault, tokens: bob.tokens("theirs")).id
      _ = try vault.sql(
        """
        UPDATE connection SET sealed_tokens = (SELECT sealed_tokens FROM connection WHERE id = '\(theirs)')
        WHERE id = '\(mine)'
        """)
      #expect(await code { try await ada.resolve(vault) } == .internalError)
      _ = try vault.sql("UPDATE connection SET generation = 7 WHERE id = '\(theirs)'")
      #expect(await code { try await bob.resolve(vault) } == .internalError)
    }
  }

  @Test func noSecretIsFoundOutsideItsAnswer() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let canaries = (0..<40).map { "canary-\($0)-\(UUID().uuidString)" }
      _ = try await ada.putSecret(canaries[0], vault)
      _ = try await ada.putSecret(canaries[1], vault)
      let flow = try await ada.createFlow(vault).id
      _ = try await ada.begin(flow, vault, state: canaries[2], verifier: canaries[3])
      for number in 0..<8 {
        let tokens = ada.tokens(canaries[4 + number * 2], refresh: canaries[5 + number * 2], lifetime: -1)
        let id = try await ada.connect(vault, account: "account-\(number)", tokens: tokens).id
        let lease = try #require(try await ada.beginRefresh(id, vault).lease)
        let fresh = ada.tokens(canaries[20 + number * 2], refresh: canaries[21 + number * 2])
        _ = try await vault.exchanger.call(
          RefreshEndpoints.commit, CommitRefresh(lease: lease.reference(id), tokens: fresh))
        _ = try await ada.resolve(vault, ResolveConnection(connectionId: id, waitSeconds: 0))
        if number % 2 == 0 {
          _ = try await vault.gateway.call(
            ConnectionEndpoints.revoke, Reference(id: id), grant: try ada.grant([.revoke], vault))
        }
      }
      let browser = canaries[36...].map { $0 }
      for text in browser {
        let claim = ClaimAuthorization(stateHash: text, browserHash: text)
        _ = await code { try await vault.exchanger.call(FlowEndpoints.claimAuthorization, claim) }
        let failure = FailRefresh(
          lease: LeaseReference(
            organizationId: ada.organization, connectionId: .random(), fence: 1, generation: 1),
          failure: .transient, reason: text)
        _ = await code { try await vault.exchanger.call(RefreshEndpoints.fail, failure) }
      }
      let dump = try await dump(vault)
      var found: [String] = []
      for canary in canaries {
        let hexadecimal = canary.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        if dump.contains(canary) || dump.contains(hexadecimal) { found.append("dump") }
        if vault.log.text.contains(canary) { found.append("log") }
      }
      print("figure: 40 canary secrets: \(found.count) found in logs and in \(dump.utf8.count) bytes of table dump")
      #expect(found.isEmpty)
      #expect(vault.log.lines.count > 50)
      #expect(dump.contains(ada.organization.rawValue))
    }
  }

  /// Every row of every table as text, bytes as hexadecimal digits.
  private func dump(_ vault: VaultUnderTest) async throws -> String {
    let tables = try vault.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").split(separator: "\n")
    return try tables.map { try vault.sql("SELECT t::text FROM \($0) t") }.joined(separator: "\n")
  }
}
