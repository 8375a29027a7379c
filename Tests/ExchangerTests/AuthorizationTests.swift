import Foundation
import Model
import Testing

@testable import ExchangerKit

@Suite struct IssuerCheckTests {
  @Test(
    arguments: [
      ("https://a", "https://a", true, true), ("https://a", "https://a", false, true),
      ("https://b", "https://a", true, false), ("https://b", "https://a", false, false),
      ("https://a/", "https://a", false, false), ("HTTPS://a", "https://a", false, false),
      (nil, "https://a", true, false), (nil, "https://a", false, true),
      (nil, nil, false, true), ("https://a", nil, false, true), ("https://a", nil, true, false),
    ] as [(String?, String?, Bool, Bool)])
  func theFourRowsOfRFC9207(_ row: (issuer: String?, expected: String?, advertised: Bool, accepted: Bool)) {
    #expect(
      IssuerCheck.accepts(issuer: row.issuer, expected: row.expected, advertised: row.advertised) == row.accepted)
  }

  @Test func anAnswerMustComeToTheRedirectURIThatWasSent() {
    #expect(IssuerCheck.accepts(redirectKey: nil, for: "https://l.example/oauth/callback"))
    #expect(IssuerCheck.accepts(redirectKey: "k1", for: "https://l.example/oauth/callback/k1"))
    #expect(!IssuerCheck.accepts(redirectKey: "k2", for: "https://l.example/oauth/callback/k1"))
    #expect(!IssuerCheck.accepts(redirectKey: nil, for: "https://l.example/oauth/callback/k1"))
    #expect(!IssuerCheck.accepts(redirectKey: "k1", for: "https://l.example/oauth/callback"))
  }
}

@Suite struct PKCETests {
  @Test func theChallengeOfAppendixB() {
    let pkce = PKCE(verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    #expect(pkce.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
  }

  @Test func aVerifierHas256BitsAndIsNewEachTime() {
    let verifiers = (0..<100).map { _ in PKCE().verifier.expose { $0 } }
    #expect(Set(verifiers).count == 100)
    #expect(verifiers.allSatisfy { $0.count == 43 })
  }
}

@Suite struct IDTokenClaimsTests {
  private func token(_ claims: String) -> Secret<String> {
    Secret("e30.\(RandomText.base64URL(Array(claims.utf8))).c2ln")
  }

  private let now = Date(timeIntervalSince1970: 1_000_000)

  private func claims(_ text: String, nonce: String? = "n") throws -> IDTokenClaims {
    try IDTokenClaims(
      token(text), issuer: "https://id.example.com", clientId: "client", nonce: nonce.map { Secret($0) }, now: now)
  }

  @Test func aTokenForThisAuthorizationIsRead() throws {
    let read = try claims(
      #"{"iss":"https://id.example.com","aud":["client","other"],"azp":"client","exp":1000100,"nonce":"n","sub":"42"}"#)
    #expect(read.document["sub"]?.text == "42")
  }

  @Test(arguments: [
    #"{"iss":"https://evil.example","aud":"client","exp":1000100,"nonce":"n"}"#,
    #"{"iss":"https://id.example.com","aud":"other","exp":1000100,"nonce":"n"}"#,
    #"{"iss":"https://id.example.com","aud":"client","azp":"other","exp":1000100,"nonce":"n"}"#,
    #"{"iss":"https://id.example.com","aud":"client","exp":999000,"nonce":"n"}"#,
    #"{"iss":"https://id.example.com","aud":"client","nonce":"n"}"#,
    #"{"iss":"https://id.example.com","aud":"client","exp":1000100,"nonce":"m"}"#,
    #"{"iss":"https://id.example.com","aud":"client","exp":1000100}"#,
    #"not json"#,
  ])
  func anyOtherTokenIsRefused(_ text: String) {
    #expect(throws: AuthorizationRefusal.self) { try claims(text) }
  }
}

@Suite struct TokenRevokerTests {
  private func outcome(_ transport: TransportDouble) async throws -> TokenRevoker.Outcome {
    await TokenRevoker(transport: transport).revoke(
      accessToken: Secret("access"), refreshToken: Secret("refresh"), at: try Samples.provider(),
      clients: [Samples.client])
  }

  @Test func theRefreshTokenGoesFirst() async throws {
    let transport = TransportDouble(.reply(200, ""), .reply(200, ""))
    #expect(try await outcome(transport).state == .revoked)
    #expect(transport.bodies.map { $0.contains("token=refresh") } == [true, false])
  }

  @Test func aProviderThatIsDownIsAskedAgainLater() async throws {
    let result = try await outcome(TransportDouble(.reply(503, "", retryAfter: 30)))
    #expect(result == .init(state: .pending, reason: "status_503", retryAfter: 30))
    let silent = try await outcome(TransportDouble(.silence(.outcomeUnknown(reason: "timeout"))))
    #expect(silent.state == .pending)
  }

  @Test func aProviderThatFailsNowAndThenIsAskedAgainAtOnceAndOneThatIsSilentIsNot() async throws {
    let flaky = TransportDouble(.reply(503, ""), .reply(500, ""), .reply(200, ""), .reply(502, ""), .reply(200, ""))
    #expect(try await outcome(flaky).state == .revoked)
    #expect(flaky.bodies.map { $0.contains("token=refresh") } == [true, true, true, false, false])
    let down = TransportDouble(.reply(503, ""), .reply(503, ""), .reply(503, ""))
    #expect(try await outcome(down) == .init(state: .pending, reason: "status_503"))
    #expect(down.urls.count == 3)
    let silent = TransportDouble(.silence(.outcomeUnknown(reason: "timeout")))
    #expect(try await outcome(silent).state == .pending)
    #expect(silent.urls.count == 1)
  }

  @Test func anUnsupportedTypeIsNoSuccess() async throws {
    let unsupported = TransportDouble.Script.reply(400, #"{"error":"unsupported_token_type"}"#)
    #expect(try await outcome(TransportDouble(unsupported, unsupported)).state == .notRevocableAtProvider)
    #expect(try await outcome(TransportDouble(.reply(200, ""), unsupported)).state == .revoked)
  }

  @Test func anAccessTokenThatEndedWithItsRefreshTokenIsNoFailure() async throws {
    #expect(try await outcome(TransportDouble(.reply(200, ""), .reply(401, "nope"))).state == .revoked)
    let unknown = TransportDouble.Script.reply(400, #"{"error":"invalid_token"}"#)
    #expect(try await outcome(TransportDouble(unknown, unknown)).state == .revoked)
  }

  @Test func aRefusalIsToldAsOne() async throws {
    #expect(try await outcome(TransportDouble(.reply(403, #"{"error":"access_denied"}"#))).state == .failed)
  }

  @Test func withoutAnEndpointNothingIsClaimed() async throws {
    var custom = Samples.custom
    custom.revocationEndpoint = nil
    let transport = TransportDouble()
    let result = await TokenRevoker(transport: transport).revoke(
      accessToken: Secret("a"), refreshToken: nil, at: try Samples.provider(custom), clients: [Samples.client])
    #expect(result.state == .notRevocableAtProvider)
    #expect(transport.urls.isEmpty)
  }
}
