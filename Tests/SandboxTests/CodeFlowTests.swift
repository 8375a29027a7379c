import FoundationEssentials
import Model
import NIOHTTP1
import Testing

@testable import SandboxKit

@Suite struct CodeFlowTests {
  @Test func aCodeAndItsVerifierBringTokensThatOpenTheMailbox() async throws {
    try await TestSandbox.run { sandbox in
      let back = try await sandbox.consent(sandbox.authorizeURL())
      #expect(back["state"] == "state-1")
      #expect(back["iss"] == sandbox.base)
      #expect(back["from"] == "sandbox", "the registered query stays")
      let answer = try await sandbox.redeem(try #require(back["code"]))
      #expect(answer.status == 200)
      #expect(answer.headers.first(name: "cache-control") == "no-store")
      #expect(answer.text("token_type") == "Bearer")
      #expect(answer.text("scope") == "openid profile email mail.read")
      #expect(answer.json["expires_in"] == .integer(3600))
      let mail = try await sandbox.get("/api/messages", token: try #require(answer.text("access_token")))
      #expect(try mail.decode(Mailbox.self).messages.first?.to == "ada@practice.example")
    }
  }

  @Test func aWrongVerifierSpendsTheCode() async throws {
    try await TestSandbox.run { sandbox in
      let code = try await sandbox.code()
      let wrong = try await sandbox.redeem(code, verifier: String(repeating: "w", count: 43))
      #expect(wrong.status == 400)
      #expect(wrong.text("error") == "invalid_grant")
      #expect(try await sandbox.redeem(code).text("error") == "invalid_grant")
    }
  }

  @Test func aCodeUsedTwiceEndsWhatTheFirstUseBrought() async throws {
    try await TestSandbox.run { sandbox in
      let code = try await sandbox.code()
      let token = try #require(try await sandbox.redeem(code).text("access_token"))
      #expect(try await sandbox.isLive(token))
      #expect(try await sandbox.redeem(code).text("error") == "invalid_grant")
      #expect(try await sandbox.isLive(token) == false)
    }
  }

  @Test func aCodeDiesAfterAMinute() async throws {
    try await TestSandbox.run { sandbox in
      let code = try await sandbox.code()
      sandbox.clock.advance(seconds: 61)
      #expect(try await sandbox.redeem(code).text("error") == "invalid_grant")
    }
  }

  @Test func aCodeBelongsToItsRedirectAddress() async throws {
    try await TestSandbox.run { sandbox in
      let form = [
        ("grant_type", "authorization_code"), ("code", try await sandbox.code()),
        ("code_verifier", TestSandbox.verifier), ("redirect_uri", "http://127.0.0.1:9/second"),
      ]
      #expect(try await sandbox.post("/token", TestSandbox.credentials + form).text("error") == "invalid_grant")
    }
  }

  @Test(
    arguments: [
      (["code_challenge_method": "plain"], "invalid_request"),
      (["code_challenge_method": nil], "invalid_request"),
      (["code_challenge": nil], "invalid_request"),
      (["code_challenge": "short"], "invalid_request"),
      (["response_type": "token"], "unsupported_response_type"),
      (["scope": "mail.read everything"], "invalid_scope"),
      (["prompt": "none login"], "invalid_request"),
      (["prompt": "dance"], "invalid_request"),
      (["prompt": "none"], "login_required"),
    ] as [([String: String?], String)])
  func aMistakeIsToldToTheClientAtItsAddress(changes: [String: String?], error: String) async throws {
    try await TestSandbox.run { sandbox in
      let answer = try await sandbox.send(.GET, sandbox.authorizeURL(changes))
      #expect(answer.status == 303)
      #expect(answer.location?.hasPrefix(TestSandbox.redirectURI) == true)
      #expect(answer.returned("error") == error)
      #expect(answer.returned("state") == "state-1")
      #expect(answer.returned("iss") == sandbox.base)
      #expect(answer.returned("code") == nil)
    }
  }

  @Test(
    arguments: [
      ["client_id": "nobody"], ["client_id": nil], ["redirect_uri": nil],
      ["redirect_uri": "http://127.0.0.1:9/callback"], ["redirect_uri": "http://127.0.0.1:9/second/"],
    ] as [[String: String?]])
  func anUntrustedAddressGetsNobodySentThere(changes: [String: String?]) async throws {
    try await TestSandbox.run { sandbox in
      let answer = try await sandbox.send(.GET, sandbox.authorizeURL(changes))
      #expect(answer.status == 400)
      #expect(answer.location == nil)
      #expect(answer.headers.first(name: "content-type")?.hasPrefix("text/html") == true)
      #expect(sandbox.provider.counters.snapshot.endpoints[.authorize]?.refused == 1)
    }
  }

  @Test func aParameterThatComesTwiceIsRefused() async throws {
    try await TestSandbox.run { sandbox in
      let page = try await sandbox.send(.GET, sandbox.authorizeURL() + "&scope=email")
      #expect(page.returned("error") == "invalid_request")
      let tokens = try await sandbox.refresh("x", [("refresh_token", "y")])
      #expect(tokens.text("error") == "invalid_request")
    }
  }

  @Test func anIDTokenVerifiesAgainstThePublishedKey() async throws {
    try await TestSandbox.run { sandbox in
      let back = try await sandbox.consent(sandbox.authorizeURL(["nonce": "n-1"]))
      let code = try #require(back["code"])
      let token = try #require(try await sandbox.redeem(code).text("id_token"))
      let claims = try await verifiedClaims(token, sandbox)
      #expect(claims["iss"] == .string(sandbox.base))
      #expect(claims["aud"] == .string(TestSandbox.clientID))
      #expect(claims["sub"] == .string("ada"))
      #expect(claims["nonce"] == .string("n-1"))
      let plain = try await sandbox.redeem(try await sandbox.code(scope: "email"))
      #expect(plain.json["id_token"] == nil, "no openid, no ID token")
    }
  }
}
