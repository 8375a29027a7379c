import Foundation
import Model
import Testing

@testable import ExchangerKit

@Suite struct ClientRegistrarTests {
  private let request = RegisterAtIssuer(
    registrationEndpoint: "https://id.example.com/register", redirectUri: "https://l.example/oauth/callback",
    clientName: "Lanyard", clientUri: "https://l.example", authentication: .post, scopes: ["read", "write"])

  private func refusal(_ script: TransportDouble.Script) async -> ServiceError? {
    do {
      _ = try await ClientRegistrar(transport: TransportDouble(script)).register(request)
      return nil
    } catch {
      return error as? ServiceError
    }
  }

  @Test func itSaysWhoWeAreAndTakesTheAnswer() async throws {
    let transport = TransportDouble(
      .reply(201, #"{"client_id":"c1","client_secret":"s1","client_secret_expires_at":1800000000}"#))
    let client = try await ClientRegistrar(transport: transport).register(request)
    #expect(client.clientId == "c1")
    #expect(client.clientSecret?.secret.expose { $0 } == "s1")
    #expect(client.secretExpiresAt == Date(timeIntervalSince1970: 1_800_000_000))
    #expect(client.authentication == .post)
    let sent = try #require(
      try JSONSerialization.jsonObject(with: Data(transport.bodies[0].utf8)) as? [String: Any])
    #expect(sent["redirect_uris"] as? [String] == [request.redirectUri])
    #expect(sent["token_endpoint_auth_method"] as? String == "client_secret_post")
    #expect(sent["scope"] as? String == "read write")
    #expect(sent["application_type"] as? String == "web")
    #expect(sent["grant_types"] as? [String] == ["authorization_code", "refresh_token"])
  }

  @Test func aSecretWithoutAnEndHasNone() async throws {
    let transport = TransportDouble(
      .reply(201, #"{"client_id":"c","client_secret":"s","client_secret_expires_at":0}"#))
    #expect(try await ClientRegistrar(transport: transport).register(request).secretExpiresAt == nil)
  }

  @Test func aServerMayMakeUsAPublicClient() async throws {
    let answer = #"{"client_id":"c","client_secret":"ignored","token_endpoint_auth_method":"none"}"#
    let client = try await ClientRegistrar(transport: TransportDouble(.reply(201, answer))).register(request)
    #expect(client.authentication == .none)
    #expect(client.clientSecret == nil)
  }

  @Test(arguments: [
    #"{"client_secret":"s"}"#, #"{"client_id":""}"#, #"{"client_id":"c"}"#, "[]", "<html>", "",
    #"{"client_id":"c","client_secret":"s","redirect_uris":["https://evil.example/"]}"#,
    #"{"client_id":"c","client_secret":"s","token_endpoint_auth_method":"private_key_jwt"}"#,
  ])
  func anAnswerThatCannotBeUsedIsRefused(_ answer: String) async {
    #expect(await refusal(.reply(201, answer))?.code == .registrationUnavailable)
  }

  @Test func theServersOwnWordIsToldAndItsTextIsNot() async {
    let text = #"{"error":"invalid_redirect_uri","error_description":"secret text"}"#
    let known = await refusal(.reply(400, text))
    #expect(known?.detail.contains("invalid_redirect_uri") == true)
    #expect(known?.detail.contains("secret text") == false)
    let unknown = await refusal(.reply(403, #"{"error":"<script>"}"#))
    #expect(unknown?.detail.contains("status 403") == true)
    #expect(unknown?.detail.contains("script") == false)
  }

  @Test func silenceIsNoRefusal() async {
    #expect(await refusal(.silence(.notSent(reason: "connect")))?.code == .providerUnavailable)
  }
}
