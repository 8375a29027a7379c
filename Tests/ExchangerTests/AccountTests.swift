import Foundation
import Model
import Providers
import Testing

@testable import ExchangerKit

@Suite struct AccountLookupTests {
  private func account(
    userinfo: TransportDouble.Script, idToken claims: String? = nil, custom: CustomProvider = Samples.custom
  ) async throws -> ProviderAccount {
    let idToken = claims.map { "e30.\(RandomText.base64URL(Array($0.utf8))).c2ln" }
    let body = #"{"access_token":"a"\#(idToken.map { #","id_token":"\#($0)""# } ?? "")}"#
    let provider = try Samples.provider(custom)
    let answer = try provider.provider.readTokenAnswer(Data(body.utf8)).get()
    return try await AccountLookup(transport: TransportDouble(userinfo)).account(
      of: answer, parameters: [:], nonce: nil, provider: provider, client: Samples.client)
  }

  private static let claims =
    #"{"iss":"https://id.example.com","aud":"client","exp":99999999999,"sub":"42","email":"a@b.c"}"#

  @Test func userinfoTellsTheAccount() async throws {
    let found = try await account(userinfo: .reply(200, #"{"sub":"42","email":"ada@example.com","name":"Ada"}"#))
    #expect(found == ProviderAccount(id: "42", displayIdentifier: "ada@example.com", displayName: "Ada"))
  }

  @Test func userinfoOfSomebodyElseIsRefused() async throws {
    await #expect(throws: AuthorizationRefusal.self) {
      try await account(userinfo: .reply(200, #"{"sub":"43"}"#), idToken: Self.claims)
    }
  }

  @Test func withoutUserinfoTheIDTokenTells() async throws {
    var custom = Samples.custom
    custom.userinfoEndpoint = nil
    let found = try await account(userinfo: .reply(500, ""), idToken: Self.claims, custom: custom)
    #expect(found.id == "42")
    #expect(found.isGenerated == nil)
  }

  @Test func withoutAnySourceTheIdIsMadeUpAndSaysSo() async throws {
    var custom = Samples.custom
    custom.userinfoEndpoint = nil
    let found = try await account(userinfo: .reply(500, ""), custom: custom)
    #expect(found.isGenerated == true)
  }

  @Test func anUnreadableUserinfoIsTheProvidersProblem() async throws {
    await #expect {
      try await account(userinfo: .reply(502, "<html>"))
    } throws: {
      ($0 as? ServiceError)?.code == .providerUnavailable
    }
  }
}
