import Model
import NIOHTTP1
import Testing

@testable import SandboxKit

@Suite struct ProtectedTests {
  @Test func userinfoShowsWhatTheScopesOpen() async throws {
    try await TestSandbox.run { sandbox in
      let all = try await sandbox.get("/userinfo", token: try await sandbox.tokens().access)
      #expect(all.text("name") == "Ada Lovelace")
      #expect(all.text("email") == "ada@practice.example")
      let little = try await sandbox.get("/userinfo", token: try await sandbox.tokens(scope: "openid").access)
      #expect(little.json == ["sub": .string("ada")])
      let picture = try await sandbox.send(.GET, try #require(all.text("picture")))
      #expect(picture.headers.first(name: "content-type") == "image/svg+xml")
    }
  }

  @Test func anExpiredTokenOpensNothing() async throws {
    try await TestSandbox.run { sandbox in
      _ = try await sandbox.admin(.PATCH, "settings", #"{"accessTokenSeconds":60}"#)
      let tokens = try await sandbox.tokens()
      sandbox.clock.advance(seconds: 59)
      #expect(try await sandbox.get("/api/messages", token: tokens.access).status == 200)
      sandbox.clock.advance(seconds: 1)
      let answer = try await sandbox.get("/api/messages", token: tokens.access)
      #expect(answer.status == 401)
      #expect(answer.headers.first(name: "www-authenticate")?.contains("invalid_token") == true)
    }
  }

  @Test func theMailboxNeedsItsScopeAndAnAccessToken() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens(scope: "email")
      let answer = try await sandbox.get("/api/messages", token: tokens.access)
      #expect(answer.status == 403)
      #expect(answer.headers.first(name: "www-authenticate")?.contains("insufficient_scope") == true)
      #expect(try await sandbox.get("/api/messages", token: tokens.refresh).status == 401)
      #expect(try await sandbox.send(.GET, "/api/messages").status == 401)
    }
  }

  @Test(arguments: ["openid-configuration", "oauth-authorization-server"])
  func theMetadataNamesWhatIsThere(document: String) async throws {
    try await TestSandbox.run { sandbox in
      let answer = try await sandbox.send(.GET, "/.well-known/\(document)")
      #expect(answer.text("issuer") == sandbox.base)
      #expect(answer.json["code_challenge_methods_supported"] == .array([.string("S256")]))
      #expect(answer.json["authorization_response_iss_parameter_supported"] == .bool(true))
      for name in ["token_endpoint", "revocation_endpoint", "introspection_endpoint", "registration_endpoint"] {
        let address = try #require(answer.text(name))
        #expect(try await sandbox.post(address, []).status != 404, "\(name)")
      }
      for name in ["authorization_endpoint", "userinfo_endpoint", "jwks_uri"] {
        #expect(try await sandbox.send(.GET, try #require(answer.text(name))).status != 404, "\(name)")
      }
    }
  }

  @Test func introspectionTellsWhatATokenIsGoodFor() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens(scope: "email")
      let access = try await sandbox.post("/introspect", TestSandbox.credentials + [("token", tokens.access)])
      #expect(access.text("sub") == "ada")
      #expect(access.text("scope") == "email")
      #expect(access.json["exp"] == .integer(1_800_003_600))
      #expect(try await sandbox.isLive(tokens.refresh))
      #expect(try await sandbox.post("/introspect", [("token", tokens.access)]).status == 401)
    }
  }
}
