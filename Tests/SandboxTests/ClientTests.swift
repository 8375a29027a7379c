import FoundationEssentials
import Model
import NIOHTTP1
import Testing

@testable import SandboxKit

@Suite struct ClientTests {
  private func basic(_ id: String, _ secret: String) -> [(String, String)] {
    let text = "\(FormFields.encode(id)):\(FormFields.encode(secret))"
    return [("authorization", "Basic \(Data(text.utf8).base64EncodedString())")]
  }

  @Test func theSecretMayComeInTheHeaderOrInTheForm() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh)]
      let credentials = basic(TestSandbox.clientID, TestSandbox.clientSecret)
      let answer = try await sandbox.post("/token", form, headers: credentials)
      #expect(answer.status == 200)
      let both = try await sandbox.post("/token", TestSandbox.credentials + form, headers: credentials)
      #expect(both.text("error") == "invalid_request")
    }
  }

  @Test func aWrongSecretIsRefusedWithAChallenge() async throws {
    try await TestSandbox.run { sandbox in
      let form = [("grant_type", "refresh_token"), ("refresh_token", "x")]
      let attempts = [
        try await sandbox.post("/token", form, headers: basic(TestSandbox.clientID, "wrong")),
        try await sandbox.post("/token", form + [("client_id", TestSandbox.clientID)]),
        try await sandbox.post("/token", form + [("client_id", "nobody"), ("client_secret", "x")]),
        try await sandbox.post("/token", form),
        try await sandbox.post("/token", form, headers: [("authorization", "Basic ???")]),
      ]
      for answer in attempts {
        #expect(answer.status == 401)
        #expect(answer.text("error") == "invalid_client")
        #expect(answer.headers.first(name: "www-authenticate")?.hasPrefix("Basic") == true)
      }
    }
  }

  @Test func anUnknownGrantTypeIsNamedAsSuch() async throws {
    try await TestSandbox.run { sandbox in
      let answer = try await sandbox.post("/token", TestSandbox.credentials + [("grant_type", "password")])
      #expect(answer.text("error") == "unsupported_grant_type")
      #expect(try await sandbox.post("/token", TestSandbox.credentials).text("error") == "invalid_request")
    }
  }

  @Test func aClientRegistersItselfAndWorks() async throws {
    try await TestSandbox.run { sandbox in
      let body = #"{"redirect_uris":["http://127.0.0.1:9/new"],"token_endpoint_auth_method":"none","logo_uri":"x"}"#
      let client = try await sandbox.send(.POST, "/register", body: body)
      #expect(client.status == 201)
      #expect(client.json["client_secret"] == nil)
      let id = try #require(client.text("client_id"))
      let url = sandbox.authorizeURL(["client_id": id, "redirect_uri": "http://127.0.0.1:9/new"])
      let code = try #require(try await sandbox.consent(url)["code"])
      let answer = try await sandbox.post(
        "/token",
        [
          ("client_id", id), ("grant_type", "authorization_code"), ("code", code),
          ("code_verifier", TestSandbox.verifier),
        ])
      #expect(answer.status == 200, "\(answer.body)")
    }
  }

  @Test(arguments: [
    (#"{"redirect_uris":["http://elsewhere.example/cb"]}"#, "invalid_redirect_uri"),
    (#"{"redirect_uris":["https://a.example/cb#part"]}"#, "invalid_redirect_uri"),
    (#"{"redirect_uris":["javascript:alert(1)"]}"#, "invalid_redirect_uri"),
    (#"{"redirect_uris":[]}"#, "invalid_redirect_uri"),
    (#"{}"#, "invalid_redirect_uri"),
    (#"[]"#, "invalid_client_metadata"),
    (#"{"redirect_uris":["https://a.example"],"grant_types":["password"]}"#, "invalid_client_metadata"),
    (#"{"redirect_uris":["https://a.example"],"token_endpoint_auth_method":"tls"}"#, "invalid_client_metadata"),
  ])
  func aBadRegistrationIsRefused(body: String, error: String) async throws {
    try await TestSandbox.run { sandbox in
      let answer = try await sandbox.send(.POST, "/register", body: body)
      #expect(answer.status == 400)
      #expect(answer.text("error") == error)
    }
  }
}
